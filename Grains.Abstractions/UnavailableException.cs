namespace SoonShop;

/// <summary>
/// The shop cannot respond now: its database or another silo is unreachable or too slow. Whether the operation was executed is unknown; a
/// retry with the same operation id is safe. The gateway responds with 503 and Retry-After.
/// </summary>
[GenerateSerializer, Alias("soonshop.unavailable")]
public sealed class UnavailableException : Exception
{
    /// <summary>Creates the exception without a reason.</summary>
    public UnavailableException() { }

    /// <summary>Creates the exception with a reason that may be shown to the caller.</summary>
    public UnavailableException(string message) : base(message) { }

    /// <summary>Creates the exception with a reason and its cause.</summary>
    public UnavailableException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>With a reason that can be translated.</summary>
    public UnavailableException(ErrorText reason) : base(reason.English) => Text = reason;

    /// <summary>With a reason that can be translated, and its cause.</summary>
    public UnavailableException(ErrorText reason, Exception innerException) : base(reason.English, innerException) => Text = reason;

    /// <summary>The reason with its key. Null where it has none, and from a silo of an earlier version: it stays English.</summary>
    [Id(0)] public ErrorText? Text { get; private set; }

    /// <summary>The reason as a text.</summary>
    public ErrorText Reason => Text ?? ErrorText.Untranslated(Message);
}
