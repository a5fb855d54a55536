export { onStop } from './on-stop.js';
