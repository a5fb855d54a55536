export { EXPORT_FORMATS, exportJob } from './export-job.js';
export type { ExportFormat, ExportSource } from './export-format.js';
