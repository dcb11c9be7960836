// Package benches measures the module beside other libraries: make bench-go. It is a module of its own, so that the module itself
// depends on nothing.
package benches
