/** Where a floating box goes: beside its anchor, turned over where there is no room, pushed back inside the window. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export type Side = 'bottom' | 'top';
export type Align = 'start' | 'center' | 'end';

export interface FloatPosition {
  readonly left: number;
  readonly top: number;
  /** What the box may be high at most on the side that was chosen. */
  readonly room: number;
}

const GAP = 6;
const EDGE = 8;

/** All in CSS pixels of the window. Prefers `side`; takes the other when the box fits only there or has more room there. */
export function floatPosition(
  anchor: Box,
  box: Size,
  window: Size,
  side: Side = 'bottom',
  align: Align = 'start',
): FloatPosition {
  const above = anchor.top - GAP - EDGE;
  const below = window.height - (anchor.top + anchor.height) - GAP - EDGE;
  const [wanted, other] = side === 'bottom' ? [below, above] : [above, below];
  const turned = box.height > wanted && other > wanted;
  const down = (side === 'bottom') !== turned;
  const room = Math.max(0, turned ? other : wanted);
  const height = Math.min(box.height, room);
  const top = down ? anchor.top + anchor.height + GAP : anchor.top - GAP - height;
  const shift = align === 'start' ? 0 : (anchor.width - box.width) * (align === 'center' ? 0.5 : 1);
  const left = Math.max(EDGE, Math.min(anchor.left + shift, window.width - box.width - EDGE));
  return { left, top, room };
}
