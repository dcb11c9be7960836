# The commands for users; `make help` lists them. Cargo and scripts do the work.

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
PKGCONFIGDIR ?= $(LIBDIR)/pkgconfig
DESTDIR ?=
LIBRARIES ?= shared static core
CARGO ?= cargo
export PREFIX LIBDIR INCLUDEDIR PKGCONFIGDIR DESTDIR LIBRARIES CARGO

build: ## build static and shared library, freestanding archive, header, pkg-config and CMake files (the default)
	@bindings/c/package/build.sh

core: ## build the freestanding archive alone, for another processor: TARGET=thumbv7em-none-eabihf (OPT_LEVEL=s, PROFILE=tiny)
	@bindings/c/package/core.sh $(TARGET)

install: ## copy what was built to PREFIX (DESTDIR, LIBDIR, INCLUDEDIR, PKGCONFIGDIR, LIBRARIES="shared static core")
	@bindings/c/package/install.sh install

uninstall: ## remove what install copied: give the variables that install had
	@bindings/c/package/install.sh uninstall

demo: ## build, make a snapshot and tokens, compile bindings/c/example.c and verify them
	@bindings/c/package/demo.sh

nginx: ## build the loadable module for Debian's nginx
	@tools/needs.sh cc make nginx nginx-dev
	@bindings/nginx/build.sh

nginx-demo: ## run nginx before an application: a good token, a forged header, an expired and a tampered token
	@tools/needs.sh cc make nginx nginx-dev python3
	@bindings/nginx/demo/run.sh

test-nginx: ## run the tests of the nginx module alone
	@tools/needs.sh cc make nginx nginx-dev python3 curl valgrind
	@bindings/nginx/t/all.sh

bench-nginx: ## measure the nginx module, beside Lua, njs and Envoy where they can be installed
	@tools/needs.sh cc make nginx nginx-dev python3 wrk
	@bindings/nginx/bench/run.sh

go-archives: ## build the archives that the Go module links, twice, and put them into bindings/go
	@bindings/go/archives.sh build

check-go-archives: ## build them once more and compare them with those in bindings/go
	@bindings/go/archives.sh check

test-go: ## run the tests of the Go module alone
	@tools/needs.sh cc go
	@bindings/go/test.sh

bench-go: ## measure the Go module beside golang-jwt, go-jose and jwx
	@tools/needs.sh cc go wrk
	@bindings/go/benches/run.sh

test: ## run all tests: Rust, C, C++, installation, freestanding, nginx, Python, Go, Node.js, WebAssembly, Axum
	@tools/needs.sh cc c++ clang cmake pkg-config curl libssl httplib valgrind make nginx nginx-dev python
	@tools/all.sh

test-full: ## run what make test leaves out because it takes long, and leave a record
	@tests/full.sh

bench: ## count the instructions of one token, stage by stage; then run the benchmarks
	@tools/needs.sh cc valgrind
	@benches/instructions.sh
	@benches/run.sh

bench-python: ## measure the Python package beside Tesseral's own and other libraries (Python 3.13)
	@tools/needs.sh cc wrk python
	@bindings/python/benches/run.sh

# The platforms of the addon for Node.js; empty: this machine.
PLATFORMS ?=

node-addons: ## build the addon for Node.js, and pack the npm packages into target/node: PLATFORMS="linux-x64-gnu linux-x64-musl linux-arm64-gnu"
	@tools/needs.sh cc node npm
	@bindings/node/build.sh $(PLATFORMS)
	@bindings/node/pack.sh "$$(bindings/c/package/target.sh)/node" $(PLATFORMS)

test-node: ## run the tests of the Node.js package alone
	@tools/needs.sh cc node npm
	@bindings/node/tests/run.sh

bench-node: ## measure the Node.js package beside jose, fast-jwt and jsonwebtoken
	@tools/needs.sh cc node npm wrk
	@bindings/node/benches/run.sh

wasm: ## build the package for JavaScript runtimes: an ES module with WebAssembly
	@bindings/wasm/build.sh

test-wasm: ## run the tests of that package under Node
	@tools/needs.sh node npm
	@bindings/wasm/tests/run.sh

bench-wasm: ## measure that package beside jose
	@tools/needs.sh node npm
	@bindings/wasm/benches/run.sh

test-axum: ## run the tests of the crate for Axum and tonic
	@tools/needs.sh cc
	@bindings/axum/tests/run.sh

bench-axum: ## measure that crate beside tesseral-axum and jsonwebtoken, which are built first
	@tools/needs.sh cc cmake pkg-config libssl wrk
	@bindings/axum/peers/bench.sh

# The processors of the devices that are tested in an emulator.
DEVICES ?= thumbv7em-none-eabihf thumbv6m-none-eabi riscv32imac-unknown-none-elf

test-devices: ## run the archive on microcontrollers in an emulator: all vectors, and what it costs there
	@tools/needs.sh cc make arm-gcc riscv-gcc qemu-system-arm qemu-system-riscv32
	@TESSERAL_DEVICES="$(DEVICES)" $(CARGO) test --quiet --features cli,ffi --test devices

bench-devices: ## print the figures of test-devices alone, beside those of the crate p256
	@log=$$(mktemp); $(MAKE) --no-print-directory test-devices >"$$log" 2>&1 || { cat "$$log"; rm "$$log"; exit 1; }; \
		grep '^figure' "$$log"; rm "$$log"

# Processors under Linux that Debian has a cross compiler for, and an emulator.
MACHINES ?= aarch64-unknown-linux-gnu armv7-unknown-linux-gnueabihf i686-unknown-linux-gnu riscv64gc-unknown-linux-gnu s390x-unknown-linux-gnu
# Those on which the unit tests run, too: for each, the standard library is compiled.
UNIT_MACHINES ?= aarch64-unknown-linux-gnu

test-machines: ## run the archive on other processors under Linux in an emulator: all vectors, each profile; unit tests
	@tools/needs.sh cc make qemu-aarch64
	@TESSERAL_MACHINES="$(MACHINES)" $(CARGO) test --quiet --features cli,ffi --test machines
	@tests/machines/run.sh $(UNIT_MACHINES)

bench-machines: ## count the instructions of one token on AArch64 in an emulator, beside AWS-LC
	@benches/machines/run.sh

clean: ## delete everything that was built
	$(CARGO) clean

help: ## print this list
	@sed -n 's/^\([a-z-]*\): ## /\1	/p' Makefile | expand -t 14

.PHONY: build core install uninstall demo nginx nginx-demo test-nginx bench-nginx test test-full bench bench-python test-devices bench-devices go-archives check-go-archives test-go bench-go clean help node-addons test-node bench-node test-machines bench-machines wasm test-wasm bench-wasm test-axum bench-axum
