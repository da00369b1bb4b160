import { panelSaveFile } from '../../protocol/panelRequests.ts';
import {
  specializationChanged,
  type SpecializationCommand,
  specializationPictures,
  specializationRun,
  specializationSnapshot,
  type SpecializationState,
} from '../../protocol/specializationPanel.ts';
import { answered } from '../panels/answered.ts';
import { JobPanels, type JobPanelsPorts } from '../panels/jobPanels.ts';
import { SpecializationSession, type SpecializationSessionPorts } from './specializationSession.ts';

type SpecializationPanelsPorts = SpecializationSessionPorts &
  JobPanelsPorts<SpecializationCommand> & {
    readonly saveFile: (name: string, bytes: Uint8Array) => Promise<void>;
  };

/** Reports on block specialization. */
export class SpecializationPanels extends JobPanels<
  SpecializationState,
  SpecializationCommand,
  SpecializationSession
> {
  constructor(ports: SpecializationPanelsPorts) {
    super(ports, {
      name: 'specialization',
      title: 'Block Specialization',
      makeSession: (onChange) => new SpecializationSession(ports, onChange),
      snapshot: specializationSnapshot,
      changed: specializationChanged,
      command: specializationRun,
      serve: (table, session) => {
        table.handle(specializationPictures, ({ key }) => session.pictures(key));
        table.handle(panelSaveFile, ({ name, bytes }) =>
          answered(ports.saveFile(name, new Uint8Array(bytes))),
        );
      },
    });
  }
}
