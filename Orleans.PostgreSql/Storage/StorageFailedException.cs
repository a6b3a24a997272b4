namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>
/// The storage could not execute an operation, for a reason that does not concern the state itself. The storage does not retry. The caller
/// can safely read the state and decide again.
/// </summary>
[GenerateSerializer, Alias("storage-failed")]
public sealed class StorageFailedException : OrleansException
{
    /// <summary>Creates the exception.</summary>
    public StorageFailedException(string message, bool outcomeUnknown = false, Exception? inner = null) : base(message, inner!) =>
        OutcomeUnknown = outcomeUnknown;

    /// <summary>
    /// True: the write was sent and no response came, so it has taken effect once or not at all. False: it has not taken effect.
    /// </summary>
    [Id(0)] public bool OutcomeUnknown { get; private set; }
}
