// Makes a picture of what a command really prints: node scripts/terminal-picture.js OUT.svg COMMAND
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { ROOT } from './step.js';

const COLUMNS = 100;
const CELL = { width: 8.4, height: 19 };
const PADDING = 16;
/** What a shell exits with. */
const NOT_FOUND = 127;
const ESCAPE = '\u001B';
/** A control sequence, another escape, or one character. */
const TOKEN = new RegExp(String.raw`${ESCAPE}\[[?\d;]*[A-Za-z]|${ESCAPE}.|[\s\S]`, 'gu');

const [out, command] = process.argv.slice(2);
if (command === undefined) {
  process.stderr.write('node scripts/terminal-picture.js OUT.svg COMMAND\n');
  process.exit(2);
}
const prompt = { text: `$ ${command}`, isBold: true };
writeFileSync(out, toSvg([prompt, ...screenOf(await record())].flatMap(wrapped)));

/** Everything the command writes to a terminal; `script` of util-linux gives it one. */
async function record() {
  const inner = `stty cols ${COLUMNS} rows 60; ${command}`;
  const child = spawn('script', ['-qec', inner, '/dev/null'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 2],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  // A command that fails may be what is to be shown; one that is not there never is.
  if (code === NOT_FOUND) throw new Error(`the shell does not find it: ${text.trim()}`);
  return text;
}

/** The lines that are left on the screen: as much of a terminal as our own output needs. */
function screenOf(text) {
  const lines = [{ text: '', isBold: false }];
  let column = 0;
  for (const [token] of text.matchAll(TOKEN)) {
    const line = lines.at(-1);
    if (token === '\n') lines.push({ text: '', isBold: false });
    else if (token === '\r' || token === `${ESCAPE}[1G`) column = 0;
    else if (token === `${ESCAPE}[0K`) line.text = [...line.text].slice(0, column).join('');
    else if (token === `${ESCAPE}[1m`) line.isBold = true;
    else if (!token.startsWith(ESCAPE)) {
      const cells = [...line.text.padEnd(column)];
      cells[column] = token;
      line.text = cells.join('');
      column += 1;
    }
  }
  return lines.filter((line, index) => line.text !== '' || index < lines.length - 1);
}

/** As a terminal does it: at the edge, wherever that is. */
function wrapped({ text, isBold }) {
  const cells = [...text];
  const count = Math.max(1, Math.ceil(cells.length / COLUMNS));
  return Array.from({ length: count }, (_, n) => ({
    text: cells.slice(n * COLUMNS, (n + 1) * COLUMNS).join(''),
    isBold,
  }));
}

function toSvg(lines) {
  const width = COLUMNS * CELL.width + 2 * PADDING;
  const height = lines.length * CELL.height + 2 * PADDING;
  const rows = lines.map(({ text, isBold }, index) => {
    const y = PADDING + (index + 0.75) * CELL.height;
    const weight = isBold ? ' font-weight="bold"' : '';
    return `<text x="${PADDING}" y="${y}"${weight} xml:space="preserve">${escape(text)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(command)}">`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    '<g fill="#e6edf3" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14">',
    ...rows,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
