import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { usageError } from '../exit-code.js';

export interface BucketFlags {
  region?: string;
  endpoint?: string;
  profile?: string;
}

/** As the API takes it; see libs/contracts/bucket-access.ts. */
export interface BucketAccess {
  readonly region?: string;
  readonly endpoint?: string;
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly session_token?: string;
}

type Section = Readonly<Record<string, string>>;

export function addBucketOptions(command: Command): Command {
  return command
    .option('--region <region>', 'of the bucket (default: AWS_REGION, the profile, us-east-1)')
    .option('--endpoint <url>', 'of an S3 server that is not AWS (default: AWS_ENDPOINT_URL)')
    .addOption(
      new Option('--profile <name>', 'of ~/.aws, instead of the AWS_* variables (or AWS_PROFILE)'),
    );
}

/**
 * The keys of a bucket's owner, as AWS's own tools find them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, else a
 * profile in ~/.aws. Never a flag: those are seen by every process of the machine.
 * Errors: `cli.usage` when there are none.
 */
export async function bucketAccess(
  flags: BucketFlags,
  env: NodeJS.ProcessEnv,
): Promise<BucketAccess> {
  const profile = await readProfile(flags.profile ?? env['AWS_PROFILE'], env);
  const own: Section = flags.profile === undefined ? fromEnvironment(env) : {};
  const keys = own['aws_access_key_id'] === undefined ? profile : own;
  const { aws_access_key_id, aws_secret_access_key, aws_session_token } = keys;
  if (!aws_access_key_id || !aws_secret_access_key) throw noKeys(flags.profile);
  return {
    region: flags.region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? profile['region'],
    endpoint:
      flags.endpoint ??
      env['AWS_ENDPOINT_URL_S3'] ??
      env['AWS_ENDPOINT_URL'] ??
      profile['endpoint_url'],
    access_key_id: aws_access_key_id,
    secret_access_key: aws_secret_access_key,
    session_token: aws_session_token,
  };
}

function fromEnvironment(env: NodeJS.ProcessEnv): Section {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = env;
  if (!id || !secret) return {};
  return {
    aws_access_key_id: id,
    aws_secret_access_key: secret,
    ...(token && { aws_session_token: token }),
  };
}

/** What credentials and config say together; nothing when there are no such files. */
async function readProfile(name = 'default', env: NodeJS.ProcessEnv): Promise<Section> {
  const folder = join(env['HOME'] ?? homedir(), '.aws');
  const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
  const config = await read(env['AWS_CONFIG_FILE'] ?? join(folder, 'config'));
  const credentials = await read(env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(folder, 'credentials'));
  const inConfig = name === 'default' ? name : `profile ${name}`;
  return { ...sectionOf(config, inConfig), ...sectionOf(credentials, name) };
}

function sectionOf(text: string, wanted: string): Section {
  const found: Record<string, string> = {};
  let section = '';
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[\s*(.+?)\s*\]/.exec(line)?.[1];
    if (header !== undefined) section = header.replaceAll(/\s+/g, ' ');
    // What is indented belongs to the line before.
    const [, key, value] = /^([\w-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (section === wanted && key !== undefined) found[key.toLowerCase()] = value ?? '';
  }
  return found;
}

const noKeys = (profile: string | undefined) =>
  usageError(
    profile === undefined
      ? 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a --profile. Of a login or a role: eval "$(aws configure export-credentials --format env)".'
      : `The profile ${profile} has no keys of its own. Of a login or a role: eval "$(aws configure export-credentials --profile ${profile} --format env)".`,
  );
