using System.IO.Compression;
using System.Security.Cryptography;
using SoonShop.ApiFrontend.Http;
using SoonShop.Imports;

namespace SoonShop.ApiFrontend.Imports;

/// <summary>Sends the body of a request to the cluster part by part, while it arrives.</summary>
internal sealed class ImportUpload
{
    /// <summary>The longest time of an upload.</summary>
    private static readonly TimeSpan MaxDuration = TimeSpan.FromHours(1);

    /// <summary>The most uploads of this process. Each holds two parts of a file.</summary>
    private const int MaxUploads = 8;

    private int uploads;

    /// <summary>Creates the job and stores its file.</summary>
    public async Task<Result<ImportJob>> ReceiveAsync(HttpContext context, IImportJobsGrain jobs, Guid id, string kind)
    {
        if (context.Request.Headers.ContentEncoding.ToString() is { Length: > 0 } encoding and not "gzip" and not "identity")
        {
            throw new UnreadableRequestException(
                ErrorText.Of("error.content-encoding", $"The Content-Encoding {encoding} is not supported. Send gzip or none."),
                StatusCodes.Status415UnsupportedMediaType);
        }
        if (Interlocked.Increment(ref uploads) > MaxUploads)
        {
            Interlocked.Decrement(ref uploads);
            return Error.Of(ErrorCode.RateLimited, "error.uploads", "Too many files are being uploaded. Try again later.")
                .WithRetryAfter(TimeSpan.FromSeconds(10));
        }
        try
        {
            var created = await jobs.CreateAsync(id, kind);
            return created.IsError ? created : await StoreAsync(context, jobs, created.Value);
        }
        finally
        {
            Interlocked.Decrement(ref uploads);
        }
    }

    private static async Task<Result<ImportJob>> StoreAsync(HttpContext context, IImportJobsGrain jobs, ImportJob job)
    {
        StreamedBody.LiftLimit(context);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(MaxDuration);
        var isGzip = context.Request.Headers.ContentEncoding == "gzip";
        await using var unpacked = isGzip ? new GZipStream(context.Request.Body, CompressionMode.Decompress, leaveOpen: true) : null;
        var body = unpacked ?? context.Request.Body;
        // A repeated request sends the same file again. Only its digest is compared.
        var isRepeated = job.Status != ImportStatus.Uploading;
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (part, parts, bytes) = (new byte[IImportJobsGrain.MaxPartBytes], 0, 0L);
        while (await ReadAsync(body, part, limit.Token) is > 0 and var length)
        {
            bytes += length;
            if (bytes > job.MaxFileBytes)
            {
                throw new UnreadableRequestException(ErrorText.Of(
                    "error.body-size", $"The body is larger than {job.MaxFileBytes} bytes."), StatusCodes.Status413PayloadTooLarge);
            }
            digest.AppendData(part, 0, length);
            if (!isRepeated)
            {
                var stored = await jobs.AppendAsync(job.Id, parts, part[..length]);
                if (stored.IsError)
                    return stored.Error;
            }
            parts++;
        }
        if (isRepeated)
            IdempotencyMiddleware.MarkReplayed(context);
        return await jobs.CompleteAsync(job.Id, parts, bytes, Convert.ToHexStringLower(digest.GetHashAndReset()));
    }

    private static async Task<int> ReadAsync(Stream body, byte[] part, CancellationToken cancellation)
    {
        try
        {
            return await body.ReadAtLeastAsync(part, part.Length, throwOnEndOfStream: false, cancellation);
        }
        catch (InvalidDataException)
        {
            throw new UnreadableRequestException(
                ErrorText.Of("error.gzip", "The body is not valid gzip."), StatusCodes.Status400BadRequest);
        }
    }
}
