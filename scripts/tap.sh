# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
#
# Sourced by suites that are shell: each command is a test, told in TAP. A title reads
# "group: what"; status 77 means that this machine cannot run it.

tap_count=0
tap_failed=0

tap() { # TITLE COMMAND...
	local title=$1 output status
	shift
	tap_count=$((tap_count + 1))
	output=$("$@" 2>&1 </dev/null) && status=0 || status=$?
	case $status in
	0) printf 'ok %d - %s\n' "$tap_count" "$title" ;;
	77) printf 'ok %d - %s # SKIP %s\n' "$tap_count" "$title" "$(tail -n 1 <<<"$output")" ;;
	*)
		tap_failed=$((tap_failed + 1))
		printf 'not ok %d - %s\n' "$tap_count" "$title"
		tail -n 60 <<<"$output" | sed 's/^/#   /'
		;;
	esac
	return "$status"
}

tap_suite() { # PREFIX COMMAND...: the tests of another program among ours
	local prefix=$1 line failed_before=$tap_failed
	shift
	while IFS= read -r line; do
		case $line in
		'ok '* | 'not ok '*)
			tap_count=$((tap_count + 1))
			[ "${line#not}" = "$line" ] || tap_failed=$((tap_failed + 1))
			printf '%s %d - %s%s\n' "${line%%ok *}ok" "$tap_count" \
				"${prefix:+$prefix }" "${line#*ok * - }"
			;;
		'1..'*) ;;
		'@ended '*)
			[ "$line" = '@ended 0' ] || [ "$tap_failed" != "$failed_before" ] ||
				tap "$1: ends well" false || true
			;;
		*) printf '%s\n' "$line" ;;
		esac
	done < <("$@" 2>&1; echo "@ended $?")
}

tap_name() { # PROGRAM: of the files that tap_programs keeps of it
	printf '%s' "${1//[ \/]/_}"
}

tap_replay() { # FOLDER PROGRAM: what tap_programs kept of it
	local name
	name=$(tap_name "$2")
	cat "$1/$name.out"
	return "$(cat "$1/$name.status")"
}

# Runs programs with tests, several at a time, and tells of them in order. MORE: so many more at a
# time than there are processors, for what waits a lot.
tap_programs() { # [-j MORE] PREFIX 'PROGRAM [WORD]'...
	local prefix folder program more=0
	[ "$1" = -j ] && more=$2 && shift 2
	prefix=$1
	shift
	folder=$(mktemp -d)
	export -f tap_name
	# shellcheck disable=SC2016
	printf '%s\n' "$@" | xargs -P "$(($(nproc) + more))" -d '\n' -I '{}' bash -c '
		name=$2/$(tap_name "$1")
		$1 >"$name.out" 2>&1 </dev/null
		echo $? >"$name.status"' - '{}' "$folder"
	for program; do
		tap_suite "$prefix" tap_replay "$folder" "$program"
	done
	rm -rf "$folder"
}

tap_done() {
	printf '1..%d\n' "$tap_count"
	[ "$tap_failed" = 0 ]
}
