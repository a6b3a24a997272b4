using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using Fluid;

namespace SoonShop.Silo.Notifications;

/// <summary>Renders templates of one model, one after the other, into one reused buffer. Not thread-safe.</summary>
internal sealed class LiquidRendering : IDisposable
{
    /// <summary>The length of a typical HTML mail, in characters.</summary>
    private const int UsualLength = 4096;

    private readonly TextBuffer buffer = new();
    private readonly TemplateContext context;
    private readonly Action<string, string> complain;
    private string part = "";

    /// <param name="model">The values that the templates can name.</param>
    /// <param name="complain">Receives each error, with the name of the rendered part.</param>
    public LiquidRendering(LiquidModel model, Action<string, string> complain)
    {
        this.complain = complain;
        context = LiquidTemplate.NewContext(model, error => this.complain(part, error));
    }

    /// <summary>
    /// Renders a template. The returned text is valid until the next rendering. Throws when the template takes too many steps.
    /// </summary>
    /// <param name="template">The template.</param>
    /// <param name="name">The part's name for error reports.</param>
    /// <param name="escape">Escapes the model's texts; null for no escaping.</param>
    public ReadOnlySpan<char> Render(LiquidTemplate template, string name, TextEncoder? escape = null)
    {
        part = name;
        buffer.Clear();
        template.Render(buffer, context, escape);
        return buffer.Written;
    }

    public void Dispose() => buffer.Dispose();

    /// <summary>Collects text. Its asynchronous methods complete synchronously.</summary>
    private sealed class TextBuffer : TextWriter
    {
        private char[] chars = ArrayPool<char>.Shared.Rent(UsualLength);
        private int length;

        public override Encoding Encoding => Encoding.Unicode;

        public ReadOnlySpan<char> Written => chars.AsSpan(0, length);

        public void Clear() => length = 0;

        public override void Write(char value) => Write([value]);

        public override void Write(string? value) => Write(value.AsSpan());

        public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

        public override void Write(ReadOnlySpan<char> buffer)
        {
            if (buffer.Length > chars.Length - length)
                Grow(buffer.Length);
            buffer.CopyTo(chars.AsSpan(length));
            length += buffer.Length;
        }

        public override Task WriteAsync(char value)
        {
            Write(value);
            return Task.CompletedTask;
        }

        public override Task WriteAsync(string? value)
        {
            Write(value.AsSpan());
            return Task.CompletedTask;
        }

        public override Task WriteAsync(char[] buffer, int index, int count)
        {
            Write(buffer.AsSpan(index, count));
            return Task.CompletedTask;
        }

        public override Task WriteAsync(ReadOnlyMemory<char> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return Task.CompletedTask;
        }

        public override Task FlushAsync() => Task.CompletedTask;

        protected override void Dispose(bool disposing)
        {
            ArrayPool<char>.Shared.Return(chars);
            (chars, length) = ([], 0);
            base.Dispose(disposing);
        }

        private void Grow(int more)
        {
            var larger = ArrayPool<char>.Shared.Rent(Math.Max(2 * chars.Length, length + more));
            Written.CopyTo(larger);
            ArrayPool<char>.Shared.Return(chars);
            chars = larger;
        }
    }
}
