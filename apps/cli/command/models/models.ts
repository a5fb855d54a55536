import type { Command } from 'commander';
import type { CliContext } from '../../context.js';
import { addImportCommand } from './import.js';
import { addListCommand } from './list.js';
import { addPullCommand } from './pull.js';
import { addRemoveCommand } from './remove.js';
import { addVerifyCommand } from './verify.js';

/** Models are files of this machine; `ls` also asks the system, if one answers, who serves them. */
export function addModelsCommand(program: Command, context: CliContext): void {
  const models = program.command('models').summary('import or download models, and list them');
  addImportCommand(models, context);
  addPullCommand(models, context);
  addListCommand(models, context);
  addVerifyCommand(models, context);
  addRemoveCommand(models, context);
}
