import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { people } from './people.ts';
import type { Phone } from './phone.ts';
import { formOf, loadServices, MAX_NO_ANSWER_S, MIN_NO_ANSWER_S, type ServicesForm, saveServices } from './services.ts';
import './services.css';

type Status =
  | { readonly kind: 'loading' | 'ready' | 'changed' | 'saving' | 'saved' }
  | { readonly kind: 'failed'; readonly text: string };

type Target = 'unconditional' | 'busy' | 'noAnswer' | 'notReachable';

const targets: readonly { readonly name: Target; readonly label: string }[] = [
  { name: 'unconditional', label: 'Always' },
  { name: 'busy', label: 'When busy' },
  { name: 'noAnswer', label: 'No answer' },
  { name: 'notReachable', label: 'Not reachable' },
];

/** What the network does with calls to this phone: settings at the HSS, carried out by the application server. @see TS 24.604 */
export function ServicesView({ phone }: { readonly phone: Phone }) {
  const { imsi, name } = phone.sim;
  const list = useStore(people, (state) => state.list);
  const [form, setForm] = useState<ServicesForm | null>(null);
  const [status, setStatus] = useState<Status>({ kind: 'loading' });

  useEffect(() => {
    let gone = false;
    void loadServices(imsi).then((result) => {
      if (gone) return;
      if (result.ok) setForm(formOf(result.settings, people.getState().list));
      setStatus(result.ok ? { kind: 'ready' } : { kind: 'failed', text: result.text });
    });
    return () => {
      gone = true;
    };
  }, [imsi]);

  if (form === null) {
    return status.kind === 'failed' ? (
      <p className="services-bad" role="alert">
        {status.text}
      </p>
    ) : (
      <p className="phone-fine">Asking the network …</p>
    );
  }

  const change = (part: Partial<ServicesForm>) => {
    setForm({ ...form, ...part });
    setStatus({ kind: 'changed' });
  };
  const onSubmit = async (event: React.FormEvent) => {
    event.preventDefault();
    if (isSettled(status)) return;
    setStatus({ kind: 'saving' });
    const result = await saveServices(imsi, form);
    if (result.ok) setForm(formOf(result.settings, people.getState().list));
    const kept = result.ok || !result.stored ? '' : ' The settings are kept, and hold from the next registration on.';
    setStatus(result.ok ? { kind: 'saved' } : { kind: 'failed', text: `${result.text}${kept}` });
  };

  return (
    <form className="services" aria-label={`Services of ${name}`} onSubmit={onSubmit}>
      <fieldset>
        <legend>Forward calls to {name}</legend>
        {targets.map(({ name: target, label }) => (
          <div className="services-row" key={target}>
            <label htmlFor={`forward-${target}`}>{label}</label>
            <input
              id={`forward-${target}`}
              className="field"
              list="forward-people"
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              placeholder="off"
              value={form[target]}
              onChange={(event) => change({ [target]: event.target.value })}
            />
            {target === 'noAnswer' && form.noAnswer !== '' ? (
              <label className="services-after">
                after
                <input
                  className="field"
                  type="number"
                  aria-label="Seconds without an answer"
                  min={MIN_NO_ANSWER_S}
                  max={MAX_NO_ANSWER_S}
                  value={form.noAnswerAfterS}
                  onChange={(event) => change({ noAnswerAfterS: Number(event.target.value) })}
                />
                s
              </label>
            ) : null}
          </div>
        ))}
        <datalist id="forward-people">
          {list
            .filter((person) => person.imsi !== imsi && person.kind === 'user')
            .map((person) => (
              <option key={person.imsi} value={person.name.toLowerCase()} />
            ))}
        </datalist>
      </fieldset>
      <label className="services-check">
        <input
          type="checkbox"
          checked={form.greeting}
          onChange={(event) => change({ greeting: event.target.checked })}
        />
        Greet callers while this phone is not registered
      </label>
      {/* It stays a button while there is nothing to save: a disabled one would lose the focus. */}
      <button type="submit" className="button button-primary" aria-disabled={isSettled(status)}>
        Save
      </button>
      <p
        className={status.kind === 'failed' ? 'services-bad' : 'phone-fine'}
        role={status.kind === 'failed' ? 'alert' : 'note'}
      >
        {statusWords(status)}
      </p>
    </form>
  );
}

/** Nothing is to be saved, or it is on its way. */
function isSettled({ kind }: Status): boolean {
  return kind !== 'changed' && kind !== 'failed';
}

function statusWords(status: Status): string {
  switch (status.kind) {
    case 'failed':
      return status.text;
    case 'saving':
      return 'Telling the network …';
    case 'saved':
      return 'Saved. The ladder shows how the HSS sent the new profile to the S-CSCF (PPR).';
    default:
      return 'What is on here is a filter criterion of your profile: the S-CSCF then asks the application server about each call.';
  }
}
