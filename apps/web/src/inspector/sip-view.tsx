import type { TraceSip } from '@imslab/ims-core/trace/event';
import { useExplainedRows } from './explained-rows.ts';
import { headerExplanation, messageText } from './message-text.ts';

/** Start line, headers with what they are for, and the session description. */
export function SipParsed({ sip }: { readonly sip: TraceSip }) {
  const { listProps, rowProps } = useExplainedRows();
  const text = messageText(sip.raw);
  if (text === undefined) return <SipRaw sip={sip} />;
  const changed = new Set(sip.changes.map((change) => change.name.toLowerCase()));
  const body = text.body.replace(/^\r?\n/, '');
  return (
    <>
      <p className="start-line">{text.start}</p>
      <table className="headers" {...listProps}>
        <tbody>
          {text.headers.map((header, index) => {
            const isChanged = changed.has(header.name.toLowerCase());
            const explanation = headerExplanation(header.name);
            return (
              // Header lines have no other identity than their place.
              <tr key={`${index} ${header.name}`} data-changed={isChanged}>
                <th scope="row">
                  <button
                    type="button"
                    className="explained"
                    {...rowProps(index, {
                      name: header.name,
                      text: explanation === '' ? 'A header that this lab does not know.' : explanation,
                    })}
                  >
                    {header.name}
                    {isChanged ? (
                      <span className="changed-mark" title="Changed by this box">
                        ±<span className="visually-hidden"> changed by this box</span>
                      </span>
                    ) : null}
                  </button>
                </th>
                <td>{header.value}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {body === '' ? null : sip.sdp ? <Sdp text={body} /> : <pre className="wire">{body}</pre>}
    </>
  );
}

/** SDP lines with the m-line that begins each medium set apart (RFC 8866). */
function Sdp({ text }: { readonly text: string }) {
  return (
    <ol className="sdp" aria-label="Session description">
      {text
        .split(/\r?\n/)
        .filter((line) => line !== '')
        .map((line, index) => (
          <li key={`${index} ${line}`} data-medium={line.startsWith('m=')}>
            <span className="sdp-type">{line.slice(0, 2)}</span>
            {line.slice(2)}
          </li>
        ))}
    </ol>
  );
}

/** The message as it was sent, its start line and header names set off. */
export function SipRaw({ sip }: { readonly sip: TraceSip }) {
  const text = messageText(sip.raw);
  if (text === undefined) return <pre className="wire">{sip.raw}</pre>;
  return (
    <pre className="wire">
      <b className="wire-start">{text.start}</b>
      {text.headers.map((header, index) => (
        <span key={`${index} ${header.name}`}>
          <span className="wire-name">{header.name}</span>
          {header.rest}
        </span>
      ))}
      {text.body}
    </pre>
  );
}

const signs = { add: '+', remove: '−', replace: '~' } as const;
const changeWords = { add: 'Added', remove: 'Removed', replace: 'Replaced' } as const;

/** What the box in front of this message did to it on its way through, and by which clause. */
export function SipChanges({ sip, box }: { readonly sip: TraceSip; readonly box: string }) {
  if (sip.changes.length === 0)
    return <p className="nothing">{box} sent this message as its own or passed it on as it was.</p>;
  return (
    <ul className="changes">
      {sip.changes.map((change, index) => (
        <li key={`${index} ${change.name}`} data-op={change.op}>
          <p>
            <span className="sign" role="img" aria-label={changeWords[change.op]}>
              {signs[change.op]}
            </span>
            <b>{change.name}</b> {change.why}
          </p>
          {change.before === undefined ? null : <del>{change.before}</del>}
          {change.after === undefined ? null : <ins>{change.after}</ins>}
        </li>
      ))}
    </ul>
  );
}
