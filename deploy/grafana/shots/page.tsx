// A dashboard as a page: title, links, and the panels where its grid has them.
import * as React from 'react';
import { createRoot } from 'react-dom/client';
import { createTheme } from '@grafana/data';
import { GlobalStyles, PanelChrome, PortalContainer, ThemeContext } from '@grafana/ui';
import { DRAW, type Shot } from './panel';

const MARGIN = 16, GAP = 8, ROW = 38, COLUMNS = 24;
const shot = (window as any).SHOT as Shot;
const theme = createTheme({ colors: { mode: shot.theme } });

// A panel that fails does not take the others with it; the console says which.
class Guard extends React.Component<React.PropsWithChildren<{ title: string }>, { error?: unknown }> {
  state: { error?: unknown } = {};
  static getDerivedStateFromError(error: unknown) { return { error }; }
  componentDidCatch(error: unknown) { console.error(`cannot draw ${this.props.title}: ${error}`); }
  render() { return this.state.error ? <pre>{String(this.state.error)}</pre> : this.props.children; }
}

function Cell({ panel, cell }: { panel: any; cell: number }) {
  const { x, y, w, h } = panel.gridPos;
  const width = w * cell - GAP, height = h * ROW - GAP, Draw = DRAW[panel.type];
  return (
    <div style={{ position: 'absolute', left: x * cell, top: y * ROW, width, height }}>
      <PanelChrome title={panel.title} description={panel.description} width={width} height={height}>
        {(innerWidth: number, innerHeight: number) => (
          <Guard title={panel.title}>
            <div style={{ width: innerWidth, height: innerHeight }}>
              <Draw panel={panel} shot={shot} theme={theme} width={innerWidth} height={innerHeight} />
            </div>
          </Guard>
        )}
      </PanelChrome>
    </div>
  );
}

function Board() {
  const width = shot.width - 2 * MARGIN, { title, links, panels } = shot.dashboard;
  const { background, text } = theme.colors;
  return (
    <div style={{ padding: MARGIN, width: shot.width, boxSizing: 'border-box', background: background.canvas, color: text.primary }}>
      <div style={{ fontSize: 20, fontWeight: 500, marginBottom: 4 }}>{title}</div>
      <div style={{ color: text.secondary, marginBottom: 12 }}>{links.map((link: any) => link.title).join('   ·   ')}</div>
      <div style={{ position: 'relative' }}>
        {panels.map((panel: any) => <Cell key={panel.id} panel={panel} cell={width / COLUMNS} />)}
      </div>
    </div>
  );
}

createRoot(document.getElementById('root')!).render(
  <ThemeContext.Provider value={theme}><GlobalStyles /><PortalContainer /><Board /></ThemeContext.Provider>
);
