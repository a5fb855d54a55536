/**
 * Runs test/bench/NAME/main.ts, and ends when it has ended: Node 20 may spin for ever in its own clean-up after that,
 * on a request that it began itself, which two benches in a row did once their last line was written.
 */
const [name] = process.argv.splice(2, 1);
await import(`./${name}/main.js`);
process.exit();
