/** Brings the database to this version and ends: what an upgrade runs before it starts new processes. */
import { loadApiConfig } from '#config';
import { Database, migrate, untilDatabase } from '#database';
import { createLogger } from '#telemetry';

const config = loadApiConfig(process.env);
const log = createLogger('migrate', config.logLevel);
const database = new Database(config.databaseUrl, { applicationName: 'pallet-migrate' });
await untilDatabase(database, {
  onWait: (error) => log.warn({ error }, 'waiting for PostgreSQL'),
});
await migrate(database);
await database.close();
log.info('the database is of this version');
