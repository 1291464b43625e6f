import { Monitor, Moon, Sun } from 'lucide-react';
import { useStore } from 'zustand';
import { trace } from './ladder/trace-store.ts';
import { nextTheme, type Theme, theme } from './theme/theme.ts';

const themeIcons: Readonly<Record<Theme, typeof Sun>> = { system: Monitor, light: Sun, dark: Moon };

interface AppHeaderProps {
  readonly pane: 'phone' | 'ladder';
  readonly onPane: (pane: 'phone' | 'ladder') => void;
}

/** Name of the house, whether it is up, and the switch between light and dark. */
export function AppHeader({ pane, onPane }: AppHeaderProps) {
  const up = useStore(trace, (state) => state.connected);
  const choice = useStore(theme, (state) => state.choice);
  const Icon = themeIcons[choice];
  return (
    <header className="app-header">
      <h1 className="app-name">
        <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
          <path className="app-mark-lines" d="M3.500 2.500v15M16.500 2.500v15" />
          <path className="app-mark-arrows" d="M3.500 7h10m-3-3 3 3-3 3M16.500 13.500h-10m3-3-3 3 3 3" />
        </svg>
        imslab
      </h1>
      <span className="app-up" data-up={up}>
        {up ? 'lab up' : 'lab not reached'}
      </span>
      <span className="app-space" />
      <div className="app-switch">
        {(['phone', 'ladder'] as const).map((name) => (
          <button key={name} type="button" aria-pressed={pane === name} onClick={() => onPane(name)}>
            {name === 'phone' ? 'Phone' : 'Ladder'}
          </button>
        ))}
      </div>
      <button
        type="button"
        className="app-icon-button"
        onClick={nextTheme}
        aria-label={`Theme: ${choice}`}
        title={`Theme: ${choice}`}
      >
        <Icon size={18} aria-hidden="true" />
      </button>
    </header>
  );
}
