import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import './theme/tokens.css';
import './theme/base.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { startLiveFeed } from './feed/live-feed.ts';
import { startFilterMemory } from './ladder/filter-memory.ts';
import { startTheme } from './theme/theme.ts';
import { startPhone } from './ue/lab-phone.ts';
import { loadPeople } from './ue/people.ts';
import { installScriptingHook } from './ue/scripting-hook.ts';
import { claimAtStart, renewClaim } from './ue/sim.ts';

startTheme();
startFilterMemory();
startPhone();
installScriptingHook();
void claimAtStart();
// The ladder calls people by their names from its first line on.
void loadPeople().then(() => startLiveFeed(() => void renewClaim()));

const root = document.getElementById('root');
if (root) createRoot(root).render(<App />);
