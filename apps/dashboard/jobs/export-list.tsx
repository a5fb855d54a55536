import { Link } from '@tanstack/react-router';
import { Download, GraduationCap } from 'lucide-react';
import type { ExportFormatName, Job } from '#contracts';
import { correctionLinesUrl } from '../client/corrections';
import { isOver } from '../client/jobs';
import { useMayWrite } from '../client/session';

const FORMATS: readonly (readonly [ExportFormatName, string])[] = [
  ['jsonl', 'everything, a line an image'],
  ['csv', 'a row a finding, for spreadsheets'],
  ['parquet', 'for pandas, DuckDB, Spark'],
  ['coco', 'a COCO dataset'],
  ['coco-results', 'detections to be scored'],
  ['yolo', 'labels for Ultralytics'],
  ['pascal-voc', 'XML an image'],
  ['label-studio', 'tasks with predictions'],
  ['cvat', 'annotations for CVAT'],
  ['annotated', 'pictures with what was found'],
  ['masks', 'masks as PNG'],
];

export function ExportList({ job }: { readonly job: Job }) {
  const mayWrite = useMayWrite();
  const partial = isOver(job) ? '' : '&partial=true';
  return (
    <>
      {partial !== '' && <p className="quiet">Of what has ended so far.</p>}
      <ul className="exports">
        {FORMATS.map(([format, what]) => (
          <li key={format}>
            <a href={`/v1/jobs/${job.id}/export?format=${format}${partial}`} download>
              <Download size={13} aria-hidden="true" /> {format}
            </a>
            <span className="quiet">{what}</span>
          </li>
        ))}
        <li>
          <a href={correctionLinesUrl(job.id)} download>
            <Download size={13} aria-hidden="true" /> corrections
          </a>
          <span className="quiet">lines to fine-tune on</span>
          {mayWrite && (
            <Link to="/operate/models/new" search={{ job: job.id }}>
              <GraduationCap size={13} aria-hidden="true" /> Fine-tune on these
            </Link>
          )}
        </li>
      </ul>
    </>
  );
}
