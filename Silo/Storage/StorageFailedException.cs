namespace SoonShop.Silo.Storage;

/// <summary>
/// The storage could not do what it was asked to, for a reason that has nothing to do with the state itself. Nothing is
/// tried again by the storage. It is safe to read the state and decide anew.
/// </summary>
[GenerateSerializer, Alias("storage-failed")]
public sealed class StorageFailedException : OrleansException
{
    /// <summary>Makes one.</summary>
    public StorageFailedException(string message, bool outcomeUnknown = false, Exception? inner = null) : base(message, inner!) =>
        OutcomeUnknown = outcomeUnknown;

    /// <summary>
    /// True when the write had been sent and the answer did not come: it has taken effect once, or not at all. False: it has not.
    /// </summary>
    [Id(0)] public bool OutcomeUnknown { get; private set; }
}
