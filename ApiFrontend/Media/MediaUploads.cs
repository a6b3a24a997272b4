using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.Media;

namespace SoonShop.ApiFrontend.Media;

/// <summary>
/// Receives images, makes their files and stores them. Front ends do this themselves, because a file of megabytes is too large for messages
/// between grains; the cluster only notes which images there are.
/// </summary>
internal sealed class MediaUploads(MediaOptions options, IMediaStore store, IClusterClient cluster) : IDisposable
{
    private readonly SemaphoreSlim processing = new(options.MaxConcurrent);
    private int uploads;

    private IMediaGrain Media => cluster.GetGrain<IMediaGrain>(WorkerKeys.Next());

    /// <summary>
    /// Reads the body of an upload into memory, unless that is done, and takes a place among the uploads until the request ends.
    /// </summary>
    public async Task ReadAsync(HttpContext context)
    {
        if (context.Features.Get<Place>() is not null)
            return;
        if (options.Store == MediaStoreKind.None)
            throw NoMediaStore.Missing();
        _ = TypeOf(context.Request);
        if (context.Request.ContentLength > options.MaxBytes)
            throw TooLarge();
        if (Interlocked.Increment(ref uploads) > options.MaxUploads)
        {
            Interlocked.Decrement(ref uploads);
            throw Busy();
        }
        var place = new Place(this);
        context.Features.Set(place);
        context.Response.RegisterForDispose(place);
        StreamedBody.LiftLimit(context);
        context.Request.Body = await ReadBodyAsync(context);
    }

    /// <summary>
    /// Stores the image in the body. Idempotent: the same file is the same image. Errors: <c>validation-failed</c> for what is no image;
    /// <c>conflict</c> while the same image is being removed.
    /// </summary>
    public async Task<Result<Upload>> ReceiveAsync(HttpContext context)
    {
        await ReadAsync(context);
        var body = (MemoryStream)context.Request.Body;
        ReadOnlyMemory<byte> content = body.GetBuffer().AsMemory(0, (int)body.Length);
        var type = TypeOf(context.Request);
        var opened = UploadedImage.Open(content.Span, type, options.MaxMegapixels);
        if (opened.IsError)
            return opened.Error;
        using var image = opened.Value;
        var id = MediaId.Of(SHA256.HashData(content.Span), image.Width, image.Height);
        var known = await Media.GetAsync(id.ToString(), CancellationToken.None);
        if (!known.IsError && await AreStoredAsync(id, context.RequestAborted))
            return await RenewAsync(known.Value);
        var encoded = await EncodeAsync(image, id, context.RequestAborted);
        if (encoded.IsError)
            return encoded.Error;
        var begun = await Media.BeginAsync(id.ToString(), type, content.Length);
        if (begun.IsError)
            return begun.Error;
        foreach (var file in encoded.Value)
            await store.PutAsync(new MediaFile(id, file.Width), file.Content, context.RequestAborted);
        var completed = await Media.CompleteAsync(id.ToString());
        return completed.IsError ? completed.Error : new Upload(completed.Value, IsNew: known.IsError);
    }

    public void Dispose() => processing.Dispose();

    /// <summary>Whoever uploads an image again wants to use it, so the time until its removal begins anew.</summary>
    private async Task<Result<Upload>> RenewAsync(MediaItem item)
    {
        var begun = await Media.BeginAsync(item.Id, item.ContentType, item.Bytes);
        return begun.IsError ? begun.Error : new Upload(begun.Value, IsNew: false);
    }

    /// <summary>False when a file was lost, which an upload then puts right.</summary>
    private async Task<bool> AreStoredAsync(MediaId id, CancellationToken cancellation)
    {
        foreach (var file in MediaFile.Of(id))
        {
            if (await store.FindAsync(file, cancellation) is null)
                return false;
        }
        return true;
    }

    private async Task<Result<ImmutableArray<EncodedImage>>> EncodeAsync(UploadedImage image, MediaId id, CancellationToken cancellation)
    {
        if (!await processing.WaitAsync(TimeSpan.FromSeconds(options.WaitSeconds), cancellation))
            throw Busy();
        try
        {
            return await Task.Run(() => image.Encode(id, cancellation), cancellation);
        }
        finally
        {
            processing.Release();
        }
    }

    private async Task<MemoryStream> ReadBodyAsync(HttpContext context)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(TimeSpan.FromSeconds(options.UploadSeconds));
        var body = new MemoryStream();
        var part = new byte[64 * 1024];
        try
        {
            while (await context.Request.Body.ReadAsync(part, limit.Token) is > 0 and var length)
            {
                if (body.Length + length > options.MaxBytes)
                    throw TooLarge();
                body.Write(part, 0, length);
            }
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw new UnreadableRequestException(
                ErrorText.Of("error.body-slow", "The body arrived too slowly."), StatusCodes.Status408RequestTimeout);
        }
        catch (Exception e) when (UnreadableBodyException.IsCause(e))
        {
            throw new UnreadableBodyException(e);
        }
        body.Position = 0;
        return body;
    }

    /// <summary>Returns the media type of the body, without parameters. Error: 415 for another one than those of images.</summary>
    private static string TypeOf(HttpRequest request)
    {
        var type = MediaTypeHeaderValue.TryParse(request.ContentType, out var parsed) ? parsed.MediaType.ToString().ToLowerInvariant() : "";
        return UploadedImage.ContentTypes.Contains(type) && request.Headers.ContentEncoding.Count == 0 ? type
            : throw new UnreadableRequestException(
                ErrorText.Of(
                    "error.media-types", $"Send an image without Content-Encoding, as {string.Join(", ", UploadedImage.ContentTypes)}."),
                StatusCodes.Status415UnsupportedMediaType);
    }

    private UnreadableRequestException TooLarge() => new(
        ErrorText.Of("error.body-size", $"The body is larger than {options.MaxBytes} bytes."), StatusCodes.Status413PayloadTooLarge);

    private static UnavailableException Busy() => new(ErrorText.Of("error.media-busy", "Too many images are being processed."));

    /// <summary>The place of a request among the uploads.</summary>
    private sealed class Place(MediaUploads owner) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref owner.uploads);
    }
}

/// <summary>An image after its upload.</summary>
/// <param name="Item">The image.</param>
/// <param name="IsNew">False when it was there before.</param>
internal sealed record Upload(MediaItem Item, bool IsNew);
