namespace SoonShop.Events;

/// <summary>Kinds of errors of event handlers; retry policies go by them.</summary>
[GenerateSerializer, Alias("event-error-class")]
public enum ErrorClass
{
    /// <summary>Passes by itself: a time-out, a conflict, a busy database.</summary>
    Transient,

    /// <summary>Will fail the same way every time.</summary>
    Permanent,

    /// <summary>Another machine was out of reach.</summary>
    Network,

    /// <summary>The event cannot be read.</summary>
    Serialization,

    /// <summary>A rule of the shop refuses it.</summary>
    Business,

    /// <summary>Anything else: most likely a bug.</summary>
    System,
}
