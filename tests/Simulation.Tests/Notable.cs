namespace ActorTrain.Simulation.Tests;

/// <summary>What schedules must bring about now and then; where none does, something is not tested.</summary>
internal enum Notable
{
    TakeOver,
    StepOfReplacedServer,
    StepsComputedAgain,
    WaitForCheckpoint,
    LateWork,
    AnswerThatChangesNothing,
    StepWhileOlderOneIsRead,
    OrderOfReplacedServer,
    WorkOfDeadShard,
    JoinInMidRun,
    DividedUpdate,
    StaleGradient,
    IdleForTheBound,
    AverageOfSeveral,
    RestartInSchedule,
    Stop,
    StopAfterWhatWasHandedOut,
    StopWithNobodyLeft,
    NodeDismissed,
    OrderOfSeveralMembers,
    PartOfLostMember,
    LatePart,
    OrderThatCameAgain,
    AggregatorWithNobody,
    MemberWithoutItsAggregator,
    MemberThatReturns,
}
