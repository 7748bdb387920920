# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
#
# Sourced by suites, ./run and ./quickstart, in the root of the tree: make or renew a build
# directory.

build_in() { # DIRECTORY [MESON-OPTION...]
	local dir=$1
	shift
	if [ ! -f "$dir/build.ninja" ]; then
		# What an interrupted setup left behind is no build directory yet.
		rm -rf "$dir"
		meson setup "$dir" "$@" || return
	elif find src tests -name meson.build -newer "$dir/build.ninja" | grep -q .; then
		# A room that is new since then is in no list of what ninja looks at.
		meson setup --reconfigure "$dir" >/dev/null || return
	fi
	# shellcheck disable=SC2086
	ninja ${BUILD_FLAGS---quiet} -k 0 -C "$dir"
}
