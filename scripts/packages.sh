# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
#
# Sourced by ./check, ./quickstart and ./run: which Debian packages a job needs, in groups, and
# the one function that installs what is missing. docs/dependencies.md says why each is there.

packages_of() { # GROUP...
	local group
	for group; do
		case $group in
		build)
			echo gcc libc6-dev meson ninja-build pkg-config python3 git scdoc
			echo libmicrohttpd-dev libjansson-dev libsqlite3-dev uuid-dev libinih-dev
			echo libsystemd-dev libcrypt-dev libssl-dev libcurl4-openssl-dev
			echo libxml2-dev libvirt-dev libsmartcols-dev libyaml-dev libcmocka-dev
			echo libmount-dev librabbitmq-dev uthash-dev xorriso
			;;
		guest) echo busybox-static kmod lz4 python3 ;;
		image) echo qemu-utils ;;
		disk) echo mount ;;
		net) echo iproute2 dnsmasq-base ;;
		targets) echo tgt qemu-block-extra libiscsi-bin ;;
		lvm) echo lvm2 thin-provisioning-tools mount qemu-utils ;;
		xfs) echo xfsprogs ;;
		blocks) echo dmsetup e2fsprogs mount ;;
		ceph)
			echo ceph-mon ceph-osd ceph-mds ceph-mgr ceph-fuse ceph-common
			echo e2fsprogs mount
			;;
		rbd) echo librbd-dev librados-dev qemu-block-extra iproute2 ;;
		vm) echo libvirt-daemon-driver-qemu libvirt-daemon qemu-system-x86 qemu-utils ;;
		style) echo python3 git clang-format-14 ;;
		tls) echo openssl ;;
		load) echo wrk ;;
		prometheus) echo prometheus ;;
		bus) echo rabbitmq-server python3-oslo.messaging ;;
		clang) echo clang-14 ;;
		tidy) echo clang-tidy-14 ;;
		fs) echo e2fsprogs mount ;;
		valgrind) echo valgrind ;;
		gdb) echo gdb ;;
		library) echo g++ ;;
		client) echo python3-openstackclient python3-cinderclient python3-manilaclient ;;
		*) echo "packages.sh: no group $group" >&2; return 1 ;;
		esac
	done
}

missing_packages() { # GROUP...: the names that are not installed, on one line
	local name
	for name in $(packages_of "$@" | tr ' ' '\n' | sort -u); do
		dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed ||
			printf '%s ' "$name"
	done
}

apt_install() { # NAME...: without questions, and without what is only recommended
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
		-o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@"
}

# Finish what an interrupted installation left; one that still runs, though nobody waits for it any
# more, is waited for.
finish_installation() {
	local said
	for _ in {1..60}; do
		said=$(dpkg --configure -a 2>&1) && return 0
		case $said in
		*lock*) sleep 5 ;;
		*) break ;;
		esac
	done
	printf '%s\n' "$said"
	return 1
}

# libvirt's driver does not start without this user, whatever user its guests run as. The package
# that makes it brings a daemon that nobody here needs.
need_libvirt_user() {
	if getent passwd libvirt-qemu >/dev/null && getent group libvirt-qemu >/dev/null; then
		return 0
	fi
	if [ "$(id -u)" != 0 ]; then
		echo "The user and group libvirt-qemu are missing; run this as root once." >&2
		return 1
	fi
	echo "making the system user libvirt-qemu, which libvirt's driver looks for"
	getent group libvirt-qemu >/dev/null || groupadd --system libvirt-qemu || return
	getent passwd libvirt-qemu >/dev/null ||
		useradd --system --gid libvirt-qemu --home-dir /var/lib/libvirt --no-create-home \
			--shell /usr/sbin/nologin libvirt-qemu
}

need_packages() { # GROUP...: packages, and what else a group takes
	install_packages "$@" || return
	case " $* " in
	*' vm '*) need_libvirt_user ;;
	esac
}

# Install what is missing. None of the packages starts a service, so a policy-rc.d does not matter.
install_packages() { # GROUP...
	local missing log
	missing=$(missing_packages "$@")
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" != 0 ]; then
		printf '%s\n' "These Debian packages are missing:" "  $missing" \
			"Run this as root, or install them first:" \
			"  apt-get install --no-install-recommends $missing" >&2
		return 1
	fi
	printf 'installing Debian packages: %s\n' "$missing"
	log=$(mktemp)
	# Package lists that are old or absent are renewed.
	# shellcheck disable=SC2086
	if finish_installation && { apt_install $missing ||
		{ apt-get update -q && apt_install $missing; }; }; then
		rm -f "$log"
		return 0
	fi >"$log" 2>&1 </dev/null
	tail -n 20 "$log" >&2
	printf 'the packages could not be installed (whole log: %s)\n' "$log" >&2
	return 1
}
