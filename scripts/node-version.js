const NEEDED = [20, 19, 0];

/** Ends the process with a plain sentence when this Node is too old; plain syntax, so that it can say so. */
export function requireNode() {
  const found = process.versions.node.split('.').map(Number);
  const first = NEEDED.findIndex((part, index) => part !== found[index]);
  if (first === -1 || found[first] > NEEDED[first]) return;
  process.stderr.write(
    `Pallet needs Node.js ${NEEDED.join('.')} or newer; this is ${process.versions.node}. Get one from https://nodejs.org.\n`,
  );
  process.exit(1);
}
