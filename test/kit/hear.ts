import type { Page } from 'playwright-core';

/** What a tab hears: octets and decoded sound of its call, and the loudest frequency of the last moments. */
export interface Heard {
  readonly octetsReceived: number;
  /** Sum of the decoded audio's energy (W3C webrtc-stats, totalAudioEnergy). */
  readonly energy: number;
  /** Hz; 0 while nothing is louder than silence. */
  readonly loudestHz: number;
}

/** Listens in a tab to the remote track of its current call. Must be called while a call is up. */
export async function hear(page: Page): Promise<Heard> {
  return page.evaluate(async () => {
    const connection = window.imslab.peerConnection;
    if (connection === null) return { octetsReceived: 0, energy: 0, loudestHz: 0 };
    let octetsReceived = 0;
    let energy = 0;
    for (const report of (await connection.getStats()).values()) {
      if (report.type !== 'inbound-rtp' || report.kind !== 'audio') continue;
      octetsReceived += report.bytesReceived ?? 0;
      energy += report.totalAudioEnergy ?? 0;
    }
    const track = connection.getReceivers().find((receiver) => receiver.track.kind === 'audio')?.track;
    if (track === undefined) return { octetsReceived, energy, loudestHz: 0 };
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 8_192, smoothingTimeConstant: 0 });
    const source = new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) });
    source.connect(analyser);
    // One analyser window of sound has to pass before it tells anything.
    await new Promise((resolve) => setTimeout(resolve, 400));
    const bins = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(bins);
    let loudest = 0;
    for (let at = 1; at < bins.length; at += 1) if ((bins[at] ?? -200) > (bins[loudest] ?? -200)) loudest = at;
    const silent = (bins[loudest] ?? -200) < -70;
    const loudestHz = silent ? 0 : (loudest * context.sampleRate) / analyser.fftSize;
    await context.close();
    return { octetsReceived, energy, loudestHz };
  });
}
