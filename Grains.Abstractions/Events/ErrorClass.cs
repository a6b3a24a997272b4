namespace SoonShop.Events;

/// <summary>Classes of errors of event handlers. Retry policies depend on them.</summary>
[GenerateSerializer, Alias("event-error-class")]
public enum ErrorClass
{
    /// <summary>Goes away by itself: a time-out, a version conflict, a busy database.</summary>
    Transient,

    /// <summary>Fails the same way every time.</summary>
    Permanent,

    /// <summary>Another machine cannot be reached.</summary>
    Network,

    /// <summary>The event cannot be read.</summary>
    Serialization,

    /// <summary>A rule of the shop refuses it.</summary>
    Business,

    /// <summary>Anything else, most likely a defect.</summary>
    System,
}
