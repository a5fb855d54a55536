export { viewItem, viewJob } from './job-view.js';
export { jobExportSource, type ResultParts } from './job-export-source.js';
