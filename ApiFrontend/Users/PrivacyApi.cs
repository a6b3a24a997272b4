using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Edge;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.RateLimits;
using SoonShop.Privacy;
using SoonShop.Users;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace SoonShop.ApiFrontend.Users;

/// <summary>The export and the erasure of a customer's data.</summary>
internal static class PrivacyApi
{
    public static void MapPrivacy(this IEndpointRouteBuilder api)
    {
        var me = api.MapGroup("/me").WithTags("Privacy").ForCustomers().ProducesProblems(ErrorCode.NotFound);
        // It takes as long as the client reads.
        me.MapGet("/export", ExportAsync).Compressed().WithName("exportAccount").WithSummary("Export everything stored about me")
            .Produces<AccountExport.Document>(StatusCodes.Status200OK, "application/json")
            .ProducesHeader(
                "Content-Disposition", "A file's name, for who saves it.", "attachment; filename=\"soonshop-export.json\"", true, 200)
            .LimitRate(RateClass.Exports).Admit(AdmissionClass.Free).DisableRequestTimeout();
        me.MapDelete("", EraseAsync).WithName("eraseAccount")
            .WithSummary("Erase my account").LimitRate(RateClass.Login).TakesPassword().ProducesProblems(ErrorCode.Conflict);
        api.MapGet("/erasures/{id:guid}", GetErasureAsync)
            .WithTags("Privacy").WithName("getErasure").WithSummary("Get the progress of an erasure").ForAnyone();
    }

    private static async Task<IResult> ExportAsync(
        HttpContext context, ClaimsPrincipal user, IClusterClient cluster, IOptions<JsonOptions> json, TimeProvider time)
    {
        var export = new AccountExport(cluster, user.RequiredUserId(), json.Value.SerializerOptions, time);
        // Everything that can fail is done before the first byte is sent.
        if (await export.BeginAsync() is { } error)
            return new Problem(error);
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Headers.ContentDisposition = "attachment; filename=\"soonshop-export.json\"";
        context.Response.Headers.CacheControl = "private, no-store";
        await export.WriteAsync(context.Response.BodyWriter, context.RequestAborted);
        return Results.Empty;
    }

    private static async Task<Results<Accepted<ErasureResponse>, Problem>> EraseAsync(
        [FromBody] EraseRequest body, ClaimsPrincipal user, IClusterClient cluster)
    {
        var result = await cluster.GetGrain<IUserGrain>(user.RequiredUserId()).EraseAsync(body.CurrentPassword!);
        return result.IsError
            ? new Problem(result.Error)
            : TypedResults.Accepted($"/api/v1/erasures/{result.Value.UserId}", ErasureResponse.Of(result.Value));
    }

    private static async Task<Results<Ok<ErasureResponse>, Problem>> GetErasureAsync(Guid id, IClusterClient cluster) =>
        await cluster.GetGrain<IUserGrain>(id).GetErasureAsync() is { } erasure
            ? TypedResults.Ok(ErasureResponse.Of(erasure))
            : new Problem(Error.NotFound("not-found.erasure", "The erasure was not found."));
}

/// <summary>The password of the account to erase.</summary>
public sealed record EraseRequest([property: RequiredField, KnownPassword] string? CurrentPassword);

/// <summary>The progress of an account's erasure.</summary>
/// <param name="Id">The account's id. Once the erasure is completed, nothing else has it.</param>
/// <param name="Status"><c>erasing</c> or <c>completed</c>.</param>
/// <param name="RequestedAt">When it was requested. Since then nobody can use the account.</param>
/// <param name="CompletedAt">When the erasure was completed.</param>
internal sealed record ErasureResponse(Guid Id, string Status, DateTimeOffset RequestedAt, DateTimeOffset? CompletedAt)
{
    public static ErasureResponse Of(ErasureStatus erasure) =>
        new(erasure.UserId, erasure.CompletedAt is null ? "erasing" : "completed", erasure.RequestedAt, erasure.CompletedAt);
}
