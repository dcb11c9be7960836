export * from "./serverside.js";
