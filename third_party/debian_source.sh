#!/bin/bash
# Downloads the files of a Debian source package into ./debian/src, with package
# lists of its own: needs neither root nor deb-src lines on the machine. Takes the
# first version that brings FILE: a mirror may list a security update that it does
# not hold. Does not fail where none does: the caller looks.
#   debian_source.sh PACKAGE FILE
set -eu
mkdir -p debian/{src,lists/partial,parts,cache/archives/partial}
cd debian
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  if [[ -f $file ]]; then sed -n 's/^deb /deb-src /p' "$file"; fi
done >sources.list
for file in /etc/apt/sources.list.d/*.sources; do
  if [[ -f $file ]]; then sed 's/^Types:.*/Types: deb-src/' "$file" >"parts/${file##*/}"; fi
done
apt=(apt-get -qq -o "Dir::Etc::sourcelist=$PWD/sources.list"
  -o "Dir::Etc::sourceparts=$PWD/parts" -o "Dir::State::lists=$PWD/lists"
  -o "Dir::Cache=$PWD/cache" -o APT::Sandbox::User=root)
"${apt[@]}" update || true
cd src
versions=$(apt-cache "${apt[@]:2}" showsrc "$1" | sed -n 's/^Version: //p' | sort -Vru)
for version in $versions; do
  "${apt[@]}" source --download-only "$1=$version" || true
  [[ ! -e $2 ]] || break
done
