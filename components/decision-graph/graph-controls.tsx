/** Zoom in, zoom out, fit: at the lower right of the graph. */
import { Panel, useReactFlow } from "@xyflow/react";
import { Maximize, ZoomIn, ZoomOut } from "lucide-react";

import { Button } from "@/components/ui/button";

/** `onFit` shows the whole graph. */
export function GraphControls({ onFit }: { onFit: () => void }) {
  const flow = useReactFlow();
  return (
    <Panel position="bottom-right" className="graph-controls flex rounded-md border bg-canvas p-0.5">
      <Button variant="ghost" size="iconSm" aria-label="Zoom out" onClick={() => void flow.zoomOut()}>
        <ZoomOut aria-hidden />
      </Button>
      <Button variant="ghost" size="iconSm" aria-label="Zoom in" onClick={() => void flow.zoomIn()}>
        <ZoomIn aria-hidden />
      </Button>
      <Button variant="ghost" size="iconSm" aria-label="Fit the whole graph" onClick={onFit}>
        <Maximize aria-hidden />
      </Button>
    </Panel>
  );
}
