using System.IO.Pipelines;

namespace SoonShop.ApiFrontend.Http;

/// <summary>A CSV file that is written part by part. Writing waits for a slow reader, so one part is in memory at a time.</summary>
/// <param name="name">The name under which browsers save it.</param>
/// <param name="write">Writes the parts.</param>
internal sealed class CsvResult(string name, Func<PipeWriter, CancellationToken, Task> write) : IResult
{
    /// <summary>The media type (RFC 7111).</summary>
    public const string MediaType = "text/csv";

    /// <summary>The longest time of a download.</summary>
    public static readonly TimeSpan MaxDuration = TimeSpan.FromHours(1);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = "text/csv; charset=utf-8; header=present";
        response.Headers.ContentDisposition = $"attachment; filename=\"{name}\"";
        response.Headers.CacheControl = "no-store";
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted);
        limit.CancelAfter(MaxDuration);
        try
        {
            await write(response.BodyWriter, limit.Token);
        }
        catch (Exception) when (response.HasStarted)
        {
            // The client sees that the file is not complete.
            httpContext.Abort();
        }
    }
}
