namespace SoonShop;

/// <summary>
/// The shop cannot answer now: its database, or another silo, is out of reach or too slow. What was asked for may or
/// may not have been done; asking again with the same operation id is safe. The gateway answers 503 with Retry-After.
/// </summary>
[GenerateSerializer, Alias("soonshop.unavailable")]
public sealed class UnavailableException : Exception
{
    /// <summary>Without a reason.</summary>
    public UnavailableException() { }

    /// <summary>With a reason that may be shown to the caller.</summary>
    public UnavailableException(string message) : base(message) { }

    /// <summary>With a reason and its cause.</summary>
    public UnavailableException(string message, Exception innerException) : base(message, innerException) { }
}
