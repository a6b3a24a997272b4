namespace SoonShop.ApiFrontend.Http;

/// <summary>A request that is refused before it is bound, with a text that can be translated.</summary>
/// <param name="text">What is wrong.</param>
/// <param name="status">The status of the response.</param>
/// <param name="cause">What the server said.</param>
internal class UnreadableRequestException(ErrorText text, int status, Exception? cause = null)
    : BadHttpRequestException(text.English, status, cause!)
{
    /// <summary>What is wrong.</summary>
    public ErrorText Text => text;
}

/// <summary>A body with malformed framing. Its content is ignored, and its end cannot be found.</summary>
internal sealed class UnreadableBodyException(Exception cause) : UnreadableRequestException(
    ErrorText.Of("field.framing", "cannot be read: its chunks or its length are malformed"), StatusCodes.Status400BadRequest, cause)
{
    /// <summary>True for what the server throws then. It reports a chunk length that overflows as an I/O error.</summary>
    public static bool IsCause(Exception e) =>
        e is BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest } or IOException { InnerException: OverflowException };
}
