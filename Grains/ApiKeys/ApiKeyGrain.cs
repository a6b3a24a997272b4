using SoonShop.Aggregates;
using SoonShop.Auditing;

namespace SoonShop.ApiKeys;

/// <remarks>Activations are short-lived, so that guessed ids do not fill the memory.</remarks>
[CollectionAgeLimit(Minutes = 2)]
internal sealed class ApiKeyGrain(
    [PersistentState("api-key")] IPersistentState<StateEnvelope<ApiKeyState>> storage,
    TimeProvider time,
    IApiKeys keys,
    IAuditAggregator refused)
    : AggregateGrain<ApiKeyState>(storage, time), IApiKeyGrain
{
    private const string UseAction = "api-keys.use";

    protected override string Aggregate => "api-key";

    protected override string StreamKeyOf(ApiKeyState state) => GrainKey;

    /// <summary>Null once the key is revoked, so that it is not listed.</summary>
    protected override object? IndexOf(ApiKeyState state) =>
        state.RevokedAt is null ? new ApiKeyIndex(SortableTime.Of(state.CreatedAt)) : null;

    private ApiKeyState? Key => State is { RevokedAt: null } key ? key : null;

    private string Subject => Actors.ApiKey(this.GetPrimaryKey());

    async Task<Result<NewApiKey>> IApiKeyGrain.CreateAsync(CreateApiKey command)
    {
        var token = ApiKeyToken.New(this.GetPrimaryKey());
        var decision = State is null ? ApiKeyState.Create(command, token, Now) : State.Renew(command, token, Now);
        if (decision.Error is { } error)
            return error;
        if (State is null
            && (await keys.ListAsync(CancellationToken.None)).Count(k => k.ExpiresAt is not { } end || end > Now) >= ApiKeyState.MaxKeys)
            return Error.Of(ErrorCode.Conflict, "error.too-many-keys", $"There are already {ApiKeyState.MaxKeys} keys. Revoke one first.");
        await CommitAsync(decision, Audit(new AuditEvent("api-keys.create", Subject) { After = Facts(decision.State) }));
        return new NewApiKey(State!.ToView(), token);
    }

    Task<Result<ApiKey>> IApiKeyGrain.GetAsync() => Task.FromResult<Result<ApiKey>>(Key is { } key ? key.ToView() : NoKey);

    async Task<Result<Done>> IApiKeyGrain.RevokeAsync()
    {
        if (Key is not { } key)
            return NoKey;
        await CommitAsync(key with { RevokedAt = Now }, [Audit(new AuditEvent("api-keys.revoke", Subject) { Before = Facts(key) })]);
        return default(Done);
    }

    async Task<Result<ApiKey>> IApiKeyGrain.CheckAsync(string secret)
    {
        if (State is not { } key || !key.Admits(secret, Now))
        {
            refused.Record(UseAction, Subject, AuditOutcome.Failure);
            if (State is null)
                DeactivateOnIdle();
            return Error.Of(ErrorCode.Unauthenticated, "access.api-key", "The API key is no longer valid.");
        }
        var use = key.Use(Now);
        if (key.LastUsedAt is null)
            await CommitAsync(use, Audit(new AuditEvent(UseAction, Subject) { Actor = Subject, Details = new { first = true } }));
        else
            await CommitAsync(use);
        return State.ToView();
    }

    private static object Facts(ApiKeyState key) => new { key.Name, key.Scopes, key.ExpiresAt };

    private static Error NoKey { get; } = Error.NotFound("not-found.api-key", "The API key was not found.");
}

internal sealed class ApiKeyListGrain(IApiKeys keys) : Grain, IApiKeyListGrain
{
    Task<ImmutableArray<ApiKey>> IApiKeyListGrain.ListAsync() => keys.ListAsync(CancellationToken.None);
}
