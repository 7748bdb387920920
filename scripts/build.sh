# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
#
# Sourced by suites and by ./run: make or renew a build directory.

build_in() { # DIRECTORY [MESON-OPTION...]
	local dir=$1
	shift
	if [ ! -f "$dir/build.ninja" ]; then
		# What an interrupted setup left behind is no build directory yet.
		rm -rf "$dir"
		meson setup "$dir" "$@" || return
	fi
	ninja --quiet -k 0 -C "$dir"
}
