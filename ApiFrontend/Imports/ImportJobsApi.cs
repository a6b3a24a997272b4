using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Localization;
using SoonShop.Exports;
using SoonShop.Imports;

namespace SoonShop.ApiFrontend.Imports;

/// <summary>Imports of CSV files, for administrators.</summary>
internal static class ImportJobsApi
{
    public static void MapImportJobs(this IEndpointRouteBuilder admin)
    {
        var jobs = admin.MapGroup("/import-jobs").WithTags("Admin: imports").ForAdministrators("imports");
        jobs.MapPost("", UploadAsync).WithName("createImportJob").WithSummary("Upload a CSV file and check it")
            .Accepts<Stream>(isOptional: true, CsvResult.MediaType).WithMetadata(new StreamedBody())
            .Admit(AdmissionClass.Free).DisableRequestTimeout();
        jobs.MapGet("", ListAsync).WithName("listImportJobs").WithSummary("List imports, newest first");
        jobs.MapGet("/{id:guid}", GetAsync).WithName("getImportJob").WithSummary("Get an import");
        jobs.MapPost("/{id:guid}/apply", ApplyAsync).WithName("applyImportJob").WithSummary("Apply a checked import");
        jobs.MapPost("/{id:guid}/cancel", CancelAsync).WithName("cancelImportJob").WithSummary("Cancel an import");
        jobs.MapGet("/{id:guid}/results.csv", GetResultsAsync).WithName("getImportResults").WithSummary("Download the results of an import")
            .Produces<string>(StatusCodes.Status200OK, CsvResult.MediaType)
            .Admit(AdmissionClass.Free).DisableRequestTimeout();
    }

    private static async Task<Results<Created<ImportJobResponse>, Problem>> UploadAsync(
        [TextLength(40), CleanText] string kind, HttpContext context, IClusterClient cluster, ImportUpload upload)
    {
        if (ImportKinds.IsPersonal(kind) && context.User.ApiKeyId() is not null)
            return new Problem(OnlyAdministrators);
        var job = await upload.ReceiveAsync(context, Jobs(cluster), context.OperationId(), kind);
        return job.IsError ? new Problem(job.Error)
            : TypedResults.Created(
                $"/api/v1/admin/import-jobs/{job.Value.Id}", ImportJobResponse.Of(job.Value, Messages.For(context.Request)));
    }

    private static async Task<Results<Ok<Page<ImportJobResponse>>, Problem>> ListAsync(
        HttpContext context, IClusterClient cluster, [Cursor] string? cursor,
        [NumberRange(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit) =>
        (await Jobs(cluster).ListAsync(new PageRequest(limit, cursor))).Ok(page => new Page<ImportJobResponse>(
            [.. page.Items.Select(j => ImportJobResponse.Of(j, Messages.For(context.Request)))], page.NextCursor));

    private static async Task<Results<Ok<ImportJobResponse>, Problem>> GetAsync(Guid id, HttpContext context, IClusterClient cluster) =>
        Answer(await FindAsync(context, cluster, id), context);

    private static async Task<Results<Ok<ImportJobResponse>, Problem>> ApplyAsync(Guid id, HttpContext context, IClusterClient cluster) =>
        Answer(await FindAsync(context, cluster, id) is { IsError: true } found ? found : await Jobs(cluster).ApplyAsync(id), context);

    private static async Task<Results<Ok<ImportJobResponse>, Problem>> CancelAsync(Guid id, HttpContext context, IClusterClient cluster) =>
        Answer(await FindAsync(context, cluster, id) is { IsError: true } found ? found : await Jobs(cluster).CancelAsync(id), context);

    private static async Task<IResult> GetResultsAsync(Guid id, HttpContext context, IClusterClient cluster)
    {
        if (await FindAsync(context, cluster, id) is { IsError: true } found)
            return new Problem(found.Error);
        var (jobs, language) = (Jobs(cluster), Messages.For(context.Request));
        var part = await jobs.GetResultsAsync(id, 0, context.RequestAborted);
        if (part.IsError)
            return new Problem(part.Error);
        return new CsvResult($"import-{id:N}.csv", async (output, cancellation) =>
        {
            output.Write(CsvText.Write([["Line", "Outcome", "Column", "Text"]]));
            for (; ; part = await jobs.GetResultsAsync(id, part.Value.Next!.Value, cancellation))
            {
                if (part.IsError)
                    throw new InvalidOperationException(part.Error.Detail);
                output.Write(CsvText.Write(part.Value.Lines.Select(l => Cells(l, language))));
                await output.FlushAsync(cancellation);
                if (part.Value.Next is null)
                    return;
            }
        });
    }

    private static Error OnlyAdministrators { get; } = Error.Of(
        ErrorCode.Forbidden, "access.import-customers", "API keys may not import customers. Sign in as an administrator.");

    /// <summary>Returns a job that the caller may see.</summary>
    private static async Task<Result<ImportJob>> FindAsync(HttpContext context, IClusterClient cluster, Guid id)
    {
        var job = await Jobs(cluster).GetAsync(id, context.RequestAborted);
        return !job.IsError && ImportKinds.IsPersonal(job.Value.Kind) && context.User.ApiKeyId() is not null ? OnlyAdministrators : job;
    }

    private static IReadOnlyList<string> Cells(ImportLine line, Messages language) =>
    [
        line.Line.ToString(CultureInfo.InvariantCulture), JsonNamingPolicy.CamelCase.ConvertName(line.Outcome.ToString()),
        CsvGuard.Add(line.Column ?? ""), CsvGuard.Add(line.Text is { } text ? language.Text(text) : ""),
    ];

    private static void Write(this System.IO.Pipelines.PipeWriter output, string text) => Encoding.UTF8.GetBytes(text, output);

    private static Results<Ok<ImportJobResponse>, Problem> Answer(Result<ImportJob> job, HttpContext context) =>
        job.Ok(j => ImportJobResponse.Of(j, Messages.For(context.Request)));

    private static IImportJobsGrain Jobs(IClusterClient cluster) => cluster.GetGrain<IImportJobsGrain>(WorkerKeys.Next());
}
