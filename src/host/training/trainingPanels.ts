import {
  trainingChanged,
  type TrainingCommand,
  trainingRun,
  trainingSnapshot,
  type TrainingState,
} from '../../protocol/trainingPanel.ts';
import { JobPanels, type JobPanelsPorts } from '../panels/jobPanels.ts';
import { TrainingSession, type TrainingSessionPorts } from './trainingSession.ts';

/** How trainings go: one panel a job. */
export class TrainingPanels extends JobPanels<TrainingState, TrainingCommand, TrainingSession> {
  constructor(ports: TrainingSessionPorts & JobPanelsPorts<TrainingCommand>) {
    super(ports, {
      name: 'training',
      title: 'SAE Training',
      makeSession: (onChange) => new TrainingSession(ports, onChange),
      snapshot: trainingSnapshot,
      changed: trainingChanged,
      command: trainingRun,
    });
  }
}
