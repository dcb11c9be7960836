import all from "./serverside.js";

export const {
  auth,
} = all;
