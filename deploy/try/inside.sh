# Becomes the first process of the engine's namespaces (engine.py starts it by unshare): makes the Debian in $1 the root,
# with the folders $2... of the machine at their own paths, and runs the engine. Everything ends with this process.
set -eu
root=$1
shift
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
for folder in "$@"; do
    mkdir -p "$root$folder"
    mount --bind "$folder" "$root$folder"
done
mkdir -p "$root/old"
cd "$root"
pivot_root . old
umount -l /old
ip link set lo up
# slirp4netns (engine.py) forwards this address to the machine's own resolver.
echo nameserver 10.0.2.3 > /etc/resolv.conf
exec dockerd --host=unix:///run/docker.sock --cgroup-parent=/junction-streams-try --log-level=warn
