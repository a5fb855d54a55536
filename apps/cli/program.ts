import { Command } from 'commander';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addDemoCommand } from './command/demo.js';
import { addExportCommand } from './command/export.js';
import { addFineTuningCommand } from './command/fine-tuning.js';
import { addImportCommand } from './command/import.js';
import { addJobsCommand } from './command/jobs.js';
import { addKeysCommand } from './command/keys.js';
import { addModelsCommand } from './command/models/models.js';
import { addResultsCommand } from './command/results.js';
import { addRunCommand } from './command/run.js';
import { addSetsCommand } from './command/sets.js';
import { addSimulateScalingCommand } from './command/scaling/simulate-scaling.js';
import { addTrainCommand } from './command/train.js';
import { addUpCommand } from './command/up.js';
import { addUploadCommand } from './command/upload.js';
import { addUsageCommand } from './command/usage.js';
import { addWorkersCommand } from './command/workers.js';
import { addWebhooksCommand } from './command/webhooks/webhooks.js';
import type { CliContext } from './context.js';
import { findPackageRoot } from './system/package-root.js';

const HELP = `
Examples:
  pallet up                                             run Pallet here, until Ctrl-C
  pallet run photos/ --task caption --task "detect cat" ask about a folder of images
  pallet results JOB --jsonl > answers.jsonl            fetch the answers of a job
  pallet export JOB --format coco                       the same for other tools

A server is named by --url and --api-key, or by PALLET_URL and PALLET_API_KEY; without them it is the one
that \`pallet up\` runs with the same data folder (--data, PALLET_DATA, or .pallet here).

Exit codes: 0 well, 1 failed, 2 wrong command line, 3 not found, 4 key missing or refused,
5 conflict or limit, 6 finished with failed images, 124 waited too long, 130 interrupted`;

/** The command line. `isJson` leaves what commander has to say to whoever reports errors. */
export function buildProgram(context: CliContext, isJson = false): Command {
  const program = new Command('pallet')
    .description('Bulk image analysis with PaliGemma, on your own machines.')
    .version(readVersion())
    .option('--url <url>', 'address of the API')
    .option('--api-key <key>', 'key for the API; other users can see it in the list of processes')
    .option('--data <folder>', 'data folder of the system on this machine')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeErr: (text) => (isJson ? undefined : context.output.note(text.trimEnd())),
      // Rejected only when the reader is gone; then there is nothing left to tell.
      writeOut: (text) => void context.output.data(text).catch(() => undefined),
    })
    .showHelpAfterError('(`pallet --help` and `pallet COMMAND --help` say more)')
    .addHelpText('after', HELP)
    .exitOverride();
  addUpCommand(program, context);
  addRunCommand(program, context);
  addUploadCommand(program, context);
  addUsageCommand(program, context);
  addImportCommand(program, context);
  addSetsCommand(program, context);
  addJobsCommand(program, context);
  addResultsCommand(program, context);
  addExportCommand(program, context);
  addModelsCommand(program, context);
  addTrainCommand(program, context);
  addFineTuningCommand(program, context);
  addWebhooksCommand(program, context);
  addWorkersCommand(program, context);
  addKeysCommand(program, context);
  addSimulateScalingCommand(program, context);
  addDemoCommand(program, context);
  return program;
}

function readVersion(): string {
  const file = join(findPackageRoot(), 'package.json');
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const version =
    typeof parsed === 'object' && parsed !== null && 'version' in parsed ? parsed.version : '';
  return String(version);
}
