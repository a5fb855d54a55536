import { ImagePlus } from 'lucide-react';
import { useRef, useState } from 'react';

interface Props {
  readonly onFiles: (files: readonly File[]) => void;
  readonly children?: React.ReactNode;
}

/** Pictures and archives, dropped anywhere in it or chosen by its button. */
export function DropZone({ onFiles, children }: Props) {
  const [isOver, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  return (
    <div
      className="drop-zone"
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        onFiles([...event.dataTransfer.files]);
      }}
    >
      <ImagePlus size={28} strokeWidth={1.4} aria-hidden="true" />
      <p>
        Drop pictures here, or a zip or tar of them
        <br />
        <span className="quiet">JPEG, PNG, WebP, GIF, TIFF</span>
      </p>
      <button type="button" className="button" onClick={() => input.current?.click()}>
        Choose files
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept="image/*,.zip,.tar,.tar.gz,.tgz"
        aria-label="Pictures or an archive"
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
      {children}
    </div>
  );
}
