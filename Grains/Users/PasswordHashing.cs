using System.Threading.Channels;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace SoonShop.Users;

/// <summary>
/// Hashes and checks passwords with ASP.NET Core Identity's hasher (PBKDF2 with HMAC-SHA512) on a few threads of its own, behind a
/// bounded queue: a flood of logins takes neither the grains' scheduler nor the thread pool, and waits in turn.
/// </summary>
public sealed class PasswordHashing : IDisposable
{
    private static readonly object Nobody = new();

    private readonly PasswordHasher<object> hasher;
    private readonly Channel<Work> queue;
    private readonly TimeSpan maxWait;
    private readonly TimeProvider time;

    /// <summary>A hash that no password matches, with the same parameters: checking against it takes as long as against a real one.</summary>
    private readonly Lazy<string> decoy;

    /// <summary>Starts the threads.</summary>
    public PasswordHashing(IOptions<PasswordHasherOptions> options, IOptions<AccountsOptions> accounts, TimeProvider time)
    {
        this.time = time;
        hasher = new PasswordHasher<object>(options);
        decoy = new(() => hasher.HashPassword(Nobody, Guid.NewGuid().ToString()));
        maxWait = TimeSpan.FromSeconds(accounts.Value.PasswordWaitSeconds);
        queue = Channel.CreateBounded<Work>(new BoundedChannelOptions(accounts.Value.PasswordQueue) { FullMode = BoundedChannelFullMode.Wait });
        for (var i = 0; i < Workers(accounts.Value); i++)
            new Thread(RunQueue) { IsBackground = true, Name = $"passwords-{i}" }.Start();
    }

    /// <summary>The refusal of a password that was not looked at because too many wait: 503 with Retry-After.</summary>
    public static Error Full { get; } =
        new(ErrorCode.Unavailable, "Too many people sign in at this moment. Ask again in a few seconds; nothing was done.") { RetryAfter = TimeSpan.FromSeconds(5) };

    /// <summary>Passwords that wait.</summary>
    public int Waiting => queue.Reader.Count;

    /// <summary>Hashes a password, prepared; null when too many wait.</summary>
    public async Task<string?> HashAsync(string password)
    {
        var work = new Work(() => hasher.HashPassword(Nobody, PasswordPolicy.Prepare(password)), time.GetTimestamp());
        return queue.Writer.TryWrite(work) ? (string?)await work.Done.Task : null;
    }

    /// <summary>
    /// Checks a password: prepared, and then as it was typed, which is how it was hashed before. With a null hash (no such user) it does the same work
    /// and says no. Null when too many wait.
    /// </summary>
    public async Task<PasswordCheck?> VerifyAsync(string? hash, string password)
    {
        var work = new Work(() => Verify(hash ?? decoy.Value, password) is { IsRight: true } right && hash is not null ? right : PasswordCheck.Wrong, time.GetTimestamp());
        return queue.Writer.TryWrite(work) ? (PasswordCheck?)await work.Done.Task : null;
    }

    private PasswordCheck Verify(string hash, string password)
    {
        var prepared = PasswordPolicy.Prepare(password);
        if (IsOf(prepared))
            return new PasswordCheck(true, null);
        return prepared != password && IsOf(password) ? new PasswordCheck(true, hasher.HashPassword(Nobody, prepared)) : PasswordCheck.Wrong;

        bool IsOf(string text) => hasher.VerifyHashedPassword(Nobody, hash, text) != PasswordVerificationResult.Failed;
    }

    private void RunQueue()
    {
        while (queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (queue.Reader.TryRead(out var work))
                work.Run(time.GetElapsedTime(work.QueuedAt) > maxWait);
        }
    }

    private static int Workers(AccountsOptions options) => options.PasswordWorkers > 0 ? options.PasswordWorkers : Math.Max(1, Environment.ProcessorCount / 2);

    /// <inheritdoc/>
    public void Dispose() => queue.Writer.TryComplete();

    private sealed record Work(Func<object> Do, long QueuedAt)
    {
        public TaskCompletionSource<object?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>What nobody waits for any more is not done.</summary>
        public void Run(bool late)
        {
            try
            {
                Done.SetResult(late ? null : Do());
            }
            catch (Exception e)
            {
                Done.SetException(e);
            }
        }
    }
}

/// <summary>What a check of a password found.</summary>
/// <param name="IsRight">It is the account's.</param>
/// <param name="NewHash">The hash to keep from now on, where the old one is of a form that is not made any more.</param>
public sealed record PasswordCheck(bool IsRight, string? NewHash)
{
    /// <summary>It is not the account's.</summary>
    public static PasswordCheck Wrong { get; } = new(false, null);
}
