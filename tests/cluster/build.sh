#!/usr/bin/env bash
#
# Builds Kubernetes' components from Debian's source package "kubernetes" into the cache:
#
#   build.sh                      all that a node needs, and kubectl
#   build.sh kube-apiserver ...   only those
#
# What is there is not built again. Two things need care. The tarball lacks one generated file
# (pkg/generated/openapi); upstream's generator, in the same tarball, makes it here. And the vendored
# reflect2 1.0.1 calls into Go's runtime with a signature of before Go 1.18, which corrupts memory
# (the apiserver dies on the first custom resource): Debian's 1.0.2 takes its place. Debian's own
# kubectl binary is built without that, so kubectl is built here too.
#
# The build tags leave out the cloud vendors' SDKs (most of the compile time) and dockershim. GOPATH
# mode with the vendored tree is what upstream's make uses; Go's module mode refuses this go.mod.

# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

components=("$@")
[[ ${#components[@]} -gt 0 ]] ||
	components=(kube-apiserver kube-controller-manager kube-scheduler kubelet kubectl)
niceness=${SYSCOPE_CLUSTER_NICE:-10}

mkdir -p "$bin" "$cache/packages"
# Two builds at a time would write the same files.
exec 8>"$cache/.lock"
flock 8
missing=()
for component in "${components[@]}"; do
	[[ -x $bin/$component ]] || missing+=("$component")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0
say "build: ${missing[*]}"

source_tree=$cache/src

# A list of sources of our own beside the machine's binary ones: the same archive and suites, with
# deb-src. Nothing below /etc is touched.
download_source() {
	local apt
	mkdir -p "$cache/apt/lists/partial" "$cache/apt/cache/archives/partial"
	# shellcheck disable=SC2016 # apt-get fills in the names
	apt-get indextargets \
		--format '$(SITE) $(RELEASE) $(SUITE) $(CODENAME) $(COMPONENT) $(IDENTIFIER) $(ORIGIN)' \
		>"$cache/apt/targets" 2>/dev/null || true
	awk '$6 == "Packages" && $5 == "main" && $NF == "Debian" { print "deb-src " $1 " " $2 " main" }' \
		"$cache/apt/targets" | sort -u >"$cache/apt/sources.list"
	[[ -s $cache/apt/sources.list ]] || die "no Debian archive among apt's sources (apt-get update?)"
	apt=(apt-get -o "Dir::Etc::SourceList=$cache/apt/sources.list" -o Dir::Etc::SourceParts=-
		-o "Dir::State::Lists=$cache/apt/lists" -o "Dir::Cache=$cache/apt/cache"
		-o APT::Sandbox::User=root -o Acquire::Retries=3)
	"${apt[@]}" update -qq
	(cd "$cache/packages" && "${apt[@]}" source -qq --download-only kubernetes)
}

unpack_source() {
	local begin
	[[ ! -e $source_tree/.unpacked ]] || return 0
	begin=$(seconds)
	compgen -G "$cache/packages/*.dsc" >/dev/null || download_source
	rm -rf "$source_tree"
	dpkg-source --no-check -x "$cache"/packages/*.dsc "$source_tree" >/dev/null
	replace_reflect2
	touch "$source_tree/.unpacked"
	say "build: source unpacked in $(took "$begin") s"
}

replace_reflect2() {
	local package=golang-github-modern-go-reflect2-dev fixed
	compgen -G "$cache/packages/${package}_*.deb" >/dev/null ||
		(cd "$cache/packages" && apt-get -o APT::Sandbox::User=root download -qq "$package")
	dpkg-deb -x "$cache/packages/${package}"_*.deb "$cache/reflect2"
	fixed=$cache/reflect2/usr/share/gocode/src/github.com/modern-go/reflect2
	[[ -e $fixed/go_above_118.go ]] || die "this reflect2 does not know Go 1.18"
	rm -rf "$source_tree/vendor/github.com/modern-go/reflect2"
	mv "$fixed" "$source_tree/vendor/github.com/modern-go/reflect2"
	rm -rf "$cache/reflect2"
}

generate_openapi() {
	local begin packages
	[[ ! -e pkg/generated/openapi/zz_generated.openapi.go ]] || return 0
	begin=$(seconds)
	nice -n "$niceness" go build -o "$cache/tools/openapi-gen" "$module/vendor/k8s.io/kube-openapi/cmd/openapi-gen"
	# The packages that upstream's Makefile.generated_files would name.
	packages=$({
		grep -rl --include='*.go' '^// *+k8s:openapi-gen=' cmd pkg plugin
		for directory in vendor/k8s.io/*/; do
			grep -rl --include='*.go' '^// *+k8s:openapi-gen=' "$directory" || true
		done
	} | grep -vE '^vendor/k8s\.io/(code-generator|sample-apiserver)/|/testdata/' |
		xargs -n1 dirname | sed "s#//#/#g; s#^#$module/#" | LC_ALL=C sort -u | paste -sd,)
	nice -n "$niceness" "$cache/tools/openapi-gen" --logtostderr -i "$packages" \
		-p "$module/pkg/generated/openapi" -O zz_generated.openapi \
		-h vendor/k8s.io/code-generator/hack/boilerplate.go.txt -r "$cache/tools/violations"
	say "build: openapi generated in $(took "$begin") s"
}

unpack_source
export GO111MODULE=off GOFLAGS="" CGO_ENABLED=0
export GOPATH=$cache/gopath GOCACHE=${GOCACHE:-$cache/gocache}
module=k8s.io/kubernetes
mkdir -p "$GOPATH/src/k8s.io" "$cache/tools"
ln -sfn "$source_tree" "$GOPATH/src/$module"
cd "$GOPATH/src/$module" # by the symbolic link: go reads $PWD
generate_openapi

major=${version#v}
minor=${major#*.}
major=${major%%.*}
minor=${minor%%.*}
flags=(-s -w)
for package in client-go/pkg/version component-base/version; do
	name=$module/vendor/k8s.io/$package
	flags+=(-X "$name.gitVersion=$version" -X "$name.gitMajor=$major" -X "$name.gitMinor=$minor"
		-X "$name.gitTreeState=archive")
done
for component in "${missing[@]}"; do
	begin=$(seconds)
	nice -n "$niceness" go build -trimpath -tags providerless,dockerless -ldflags "${flags[*]}" \
		-o "$bin/.$component.new" "$module/cmd/$component"
	mv "$bin/.$component.new" "$bin/$component"
	say "build: $component in $(took "$begin") s"
done
