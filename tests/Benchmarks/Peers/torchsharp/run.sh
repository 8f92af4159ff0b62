#!/usr/bin/env bash
# Runs the TorchSharp peer (libtorch 2.10). Its native library needs a newer libstdc++ than Debian 12 has,
# so it runs in a Debian 13 root made once by debootstrap (needs root; about a minute and 300 MB).
# usage: run.sh DATA_DIR [options of Program.cs]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/actortrain-peers
root=$cache/trixie
version=$(cat "$here/Program.cs" "$here/peer.csproj" | sha256sum | cut -c 1-12)
peer=networks-$version
if [[ ! -e $root/.ready ]]; then
  command -v debootstrap >/dev/null || { apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends debootstrap >/dev/null; }
  mkdir -p "$cache"; rm -rf "$root"
  debootstrap --variant=minbase --include=libicu76 trixie "$root" >"$cache/debootstrap.log" 2>&1 || { tail -5 "$cache/debootstrap.log" >&2; exit 1; }
  touch "$root/.ready"
fi
if [[ ! -e $root/$peer/torchsharp-peer ]]; then
  rm -rf "$cache"/src-networks "$root"/networks-*; mkdir -p "$cache/src-networks"
  cp "$here/Program.cs" "$here/peer.csproj" "$cache/src-networks/"
  dotnet publish "$cache/src-networks/peer.csproj" -c Release -r linux-x64 --self-contained true -o "$cache/src-networks/out" -v q >"$cache/networks.log" 2>&1 || { tail -5 "$cache/networks.log" >&2; exit 1; }
  mv "$cache/src-networks/out" "$root/$peer"
fi
data=$(cd "$1" && pwd); shift
mkdir -p "$root/data"
cp "$data"/*.gz "$root/data/"
# mounts only in a namespace of its own, so that nothing stays mounted afterwards
exec unshare --mount sh -c 'root=$1; peer=$2; shift 2; mount -t proc proc "$root/proc" && exec chroot "$root" /usr/bin/env HOME=/root "/$peer/torchsharp-peer" /data "$@"' peer "$root" "$peer" "$@"
