export { GET } from "../../caught/route.js";
