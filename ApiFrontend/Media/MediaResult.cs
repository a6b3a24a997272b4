using System.Globalization;
using Microsoft.Net.Http.Headers;

namespace SoonShop.ApiFrontend.Media;

/// <summary>
/// A file of an image. Its content never changes, so caches may keep it for a year without asking; whoever asks all the same gets 304.
/// </summary>
internal sealed class MediaResult(IMediaStore store, MediaDownloads downloads, MediaFile file) : IResult
{
    /// <summary>How long clients and caches may keep a file.</summary>
    public const string CacheControl = "public, max-age=31536000, immutable";

    /// <summary>The longest time of a download.</summary>
    private static readonly TimeSpan MaxDuration = TimeSpan.FromMinutes(10);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (request, response) = (httpContext.Request, httpContext.Response);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted);
        limit.CancelAfter(MaxDuration);
        var tag = string.Create(CultureInfo.InvariantCulture, $"\"{file.Id}-{file.Width}\"");
        if (IsKnown(request, tag))
        {
            AddHeaders(response, tag);
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        if (HttpMethods.IsHead(request.Method))
        {
            if (await store.FindAsync(file, limit.Token) is { } bytes)
                AddContentHeaders(response, tag, bytes);
            else
                await MediaApi.UnknownFile.ExecuteAsync(httpContext);
            return;
        }
        using var place = downloads.Enter();
        await using var stored = await store.OpenAsync(file, limit.Token);
        if (stored is null)
        {
            await MediaApi.UnknownFile.ExecuteAsync(httpContext);
            return;
        }
        AddContentHeaders(response, tag, stored.Bytes);
        try
        {
            await stored.Content.CopyToAsync(response.Body, limit.Token);
        }
        catch (Exception) when (response.HasStarted)
        {
            // The client sees that the file is not complete.
            httpContext.Abort();
        }
    }

    private static bool IsKnown(HttpRequest request, string tag) =>
        EntityTagHeaderValue.TryParseList(request.Headers.IfNoneMatch, out var tags)
        && tags.Any(t => t.Compare(new EntityTagHeaderValue(tag), useStrongComparison: false));

    private static void AddContentHeaders(HttpResponse response, string tag, long bytes)
    {
        AddHeaders(response, tag);
        response.ContentType = MediaFile.ContentType;
        response.ContentLength = bytes;
    }

    private static void AddHeaders(HttpResponse response, string tag)
    {
        response.Headers.ETag = tag;
        response.Headers.CacheControl = CacheControl;
        // Pages of other origins show it.
        response.Headers["Cross-Origin-Resource-Policy"] = "cross-origin";
    }
}

/// <summary>Limits the downloads of images that run at the same time, because a slow client holds one for minutes.</summary>
internal sealed class MediaDownloads
{
    /// <summary>The most downloads; 503 beyond.</summary>
    private const int Max = 1000;

    private int running;

    /// <summary>Begins a download, which ends with the result.</summary>
    /// <exception cref="UnavailableException">Too many are running.</exception>
    public IDisposable Enter()
    {
        if (Interlocked.Increment(ref running) <= Max)
            return new Place(this);
        Interlocked.Decrement(ref running);
        throw new UnavailableException(ErrorText.Of("error.media-busy", "Too many images are being processed."));
    }

    private sealed class Place(MediaDownloads owner) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref owner.running);
    }
}
