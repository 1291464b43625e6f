import { createStore } from 'zustand/vanilla';

const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const KEY = 'imslab.theme';

function storedTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return themes.find((theme) => theme === stored) ?? 'system';
}

/** The person's choice; `system` follows the machine. */
export const theme = createStore<{ readonly choice: Theme }>()(() => ({ choice: storedTheme() }));

function apply(choice: Theme): void {
  if (choice === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = choice;
}

/** Puts the stored choice on the page and keeps it there. */
export function startTheme(): void {
  apply(theme.getState().choice);
  theme.subscribe(({ choice }) => {
    localStorage.setItem(KEY, choice);
    apply(choice);
  });
}

export function nextTheme(): void {
  const { choice } = theme.getState();
  theme.setState({ choice: themes[(themes.indexOf(choice) + 1) % themes.length] ?? 'system' });
}
