namespace SoonShop;

/// <summary>
/// How long whoever asked will wait for the answer. Silos measure what a call took to reach its grain against the fastest calls of the same
/// sender, so that the clocks of two machines need not agree.
/// </summary>
/// <param name="Sender">The front end's process.</param>
/// <param name="SentAtMs">When it was sent, in milliseconds of a clock of the sender's that is never set; where it began does not matter.</param>
/// <param name="PatienceMs">How many milliseconds from then on the answer is of use.</param>
[GenerateSerializer, Immutable, Alias("soonshop.call-deadline")]
public sealed record CallDeadline(Guid Sender, long SentAtMs, int PatienceMs);
