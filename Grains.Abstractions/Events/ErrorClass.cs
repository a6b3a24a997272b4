namespace SoonShop.Events;

/// <summary>Classes of errors of event handlers. Retry policies depend on them.</summary>
[GenerateSerializer, Alias("event-error-class")]
public enum ErrorClass
{
    /// <summary>A temporary error: a timeout, a version conflict, an overloaded database.</summary>
    Transient,

    /// <summary>An error that occurs at every attempt.</summary>
    Permanent,

    /// <summary>Another machine is unreachable.</summary>
    Network,

    /// <summary>The event cannot be deserialized.</summary>
    Serialization,

    /// <summary>A rule of the shop does not allow it.</summary>
    Business,

    /// <summary>Any other error, most likely a defect.</summary>
    System,
}
