/** What runtimes and bundlers give that import WebAssembly as a module that is compiled and not instantiated. */
declare const module: WebAssembly.Module;
export default module;
